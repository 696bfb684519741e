//! Reads just as much of the configuration language as the tests need: which arguments the blocks of a file set.
//!
//! It relies on the layout that `terraform fmt` gives a file, to which another test holds the examples.

/// A top-level block and the arguments that it sets.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// `resource`, `data`, `provider` and the like.
    pub kind: String,
    /// The labels: the type and the name.
    pub labels: Vec<String>,
    /// The paths of what is set, such as `name`, `timeouts` and `timeouts.create`.
    pub arguments: Vec<String>,
}

/// The top-level blocks of a file.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    // The names on the way to the current line; `None` for brackets that are not an argument's or a block's own.
    let mut open: Vec<Option<String>> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let code = without_strings(line);
        if code.starts_with(['}', ']', ')']) {
            open.pop();
        }
        let name = name(&code);
        if open.is_empty() {
            if let Some(kind) = &name {
                let labels = line.split('"').skip(1).step_by(2).map(str::to_owned).collect();
                blocks.push(Block {
                    kind: kind.clone(),
                    labels,
                    arguments: Vec::new(),
                });
            }
        } else if let (Some(name), Some(block)) = (&name, blocks.last_mut())
            && open.iter().skip(1).all(Option::is_some)
        {
            let path = open.iter().skip(1).flatten().chain([name]);
            block.arguments.push(path.cloned().collect::<Vec<_>>().join("."));
        }
        if code.ends_with(['{', '[', '(']) {
            open.push(name);
        }
    }
    blocks
}

/// The line with the text of its strings left out.
fn without_strings(line: &str) -> String {
    line.split('"').step_by(2).collect()
}

/// What a line that sets an argument or opens a block is called.
fn name(code: &str) -> Option<String> {
    let end = code.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let (name, rest) = code.split_at(end);
    let rest = rest.trim_start();
    let sets = rest.starts_with('=') && !rest.starts_with("==");
    let opens = rest.ends_with('{') || rest.ends_with("{}");
    (!name.is_empty() && (sets || opens)).then(|| name.to_owned())
}

#[test]
fn arguments_are_found_at_every_depth() {
    let text = r#"
# A comment = 1
resource "a_b" "c" {
  name = "x = { y"
  list = [
    "z",
  ]
  object = {
    inner = 1
  }
  timeouts {
    create = "1m"
  }
}

locals {
  one = 1
}
"#;
    let found = blocks(text);
    assert_eq!(
        (found[0].kind.as_str(), found[0].labels.join(".")),
        ("resource", "a_b.c".to_owned())
    );
    assert_eq!(
        found[0].arguments,
        ["name", "list", "object", "object.inner", "timeouts", "timeouts.create"]
    );
    assert_eq!((found.len(), found[1].kind.as_str()), (2, "locals"));
}
