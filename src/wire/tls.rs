//! Mutual TLS between two processes that know each other's certificate and trust nothing else.
//!
//! Host and provider each make up a certificate for the life of one process and tell the other side: the host in the
//! environment, the provider in its handshake line. There are no authorities and nothing to look up, so a certificate
//! is right exactly when it is the one that was told, byte for byte. rustls' own verifier cannot be used: the host's
//! certificate is marked as an authority, which it does not take from a client.
//!
//! This module does no input or output.

use std::fmt;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::version::{TLS12, TLS13};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName as RootHint, SignatureScheme};

/// The name that the host looks for in the certificate, whatever the address.
const SERVER_NAME: &str = "localhost";

/// HTTP/2 in the negotiation of protocols. Hosts since Terraform 1.12 refuse a server that leaves it out.
const ALPN_H2: &[u8] = b"h2";

/// The provider's half of the encryption.
pub struct Tls {
    /// The provider's certificate, for the handshake line.
    pub certificate: CertificateDer<'static>,
    /// How to accept connections.
    pub config: Arc<ServerConfig>,
}

/// Why encryption could not be set up.
#[derive(Debug)]
pub enum TlsError {
    /// The host's certificate is not PEM.
    ClientCertificate(rustls::pki_types::pem::Error),
    /// The provider's own certificate could not be made.
    Certificate(rcgen::Error),
    /// The TLS library did not take it.
    Configuration(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificate(_) => "the certificate in PLUGIN_CLIENT_CERT cannot be read",
            Self::Certificate(_) => "the provider's certificate could not be made",
            Self::Configuration(_) => "TLS could not be set up",
        })
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ClientCertificate(error) => Some(error),
            Self::Certificate(error) => Some(error),
            Self::Configuration(error) => Some(error),
        }
    }
}

impl Tls {
    /// Makes up a certificate and trusts the given one, in PEM, alone.
    pub fn trusting(client_certificate: &str) -> Result<Self, TlsError> {
        let client =
            CertificateDer::from_pem_slice(client_certificate.as_bytes()).map_err(TlsError::ClientCertificate)?;
        let (certificate, key) = own_certificate().map_err(TlsError::Certificate)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(OnlyThisClient {
            client,
            provider: Arc::clone(&provider),
        });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsError::Configuration)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.clone()], key)
            .map_err(TlsError::Configuration)?;
        config.alpn_protocols = vec![ALPN_H2.to_vec()];
        // There is one connection, so a session to resume is of no use, and none can skip the verifier.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            certificate,
            config: Arc::new(config),
        })
    }
}

/// A certificate for this process alone. P-256 makes for a quick start; every host takes it.
fn own_certificate() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut parameters = CertificateParams::new([SERVER_NAME.to_owned()])?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, SERVER_NAME);
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = parameters.self_signed(&key)?;
    Ok((
        certificate.der().clone(),
        PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    ))
}

/// Accepts one certificate, and from the one who holds its key.
#[derive(Debug)]
struct OnlyThisClient {
    client: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for OnlyThisClient {
    fn root_hint_subjects(&self) -> &[RootHint] {
        // A hint that does not match the issuer makes the host send no certificate at all.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if end_entity.as_ref() == self.client.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::UnknownIssuer.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A certificate as a host hands it over, for tests.
#[cfg(test)]
pub(super) fn own_certificate_in_pem() -> String {
    use base64::Engine as _;

    let (certificate, _) = own_certificate().expect("a certificate can be made");
    let base64 = base64::engine::general_purpose::STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verifier(client: &CertificateDer<'static>) -> OnlyThisClient {
        OnlyThisClient {
            client: client.clone(),
            provider: Arc::new(aws_lc_rs::default_provider()),
        }
    }

    #[test]
    fn every_process_has_a_certificate_of_its_own() {
        let pem = own_certificate_in_pem();
        let (one, other) = (Tls::trusting(&pem).unwrap(), Tls::trusting(&pem).unwrap());
        assert_ne!(one.certificate, other.certificate);
        assert_eq!(one.config.alpn_protocols, [b"h2"]);
    }

    #[test]
    fn what_is_not_pem_is_an_error() {
        for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\n"] {
            assert!(
                matches!(Tls::trusting(pem), Err(TlsError::ClientCertificate(_))),
                "{pem:?}"
            );
        }
    }

    #[test]
    fn one_client_is_trusted_and_no_other() {
        let (client, _) = own_certificate().unwrap();
        let (stranger, _) = own_certificate().unwrap();
        let verifier = verifier(&client);
        assert!(verifier.verify_client_cert(&client, &[], UnixTime::now()).is_ok());
        assert!(verifier.verify_client_cert(&stranger, &[], UnixTime::now()).is_err());
        assert!(
            verifier
                .verify_client_cert(&stranger, &[client], UnixTime::now())
                .is_err()
        );
    }

    #[test]
    fn the_host_is_made_to_authenticate_and_can_do_so_with_its_key() {
        let (client, _) = own_certificate().unwrap();
        let verifier = verifier(&client);
        assert!(verifier.offer_client_auth());
        assert!(verifier.client_auth_mandatory());
        assert!(verifier.root_hint_subjects().is_empty());
        assert!(
            verifier
                .supported_verify_schemes()
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
        );
    }
}
