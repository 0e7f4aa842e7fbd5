//! Questions as keys, so that results of `query` and `native` can be stored where a bucket
//! answers for them: `/photo.jpg?width=300&format=auto` is
//! `/photo.jpg/~format=auto&width=300&accept=avif`.
//!
//! What is after the tilde is the question's one spelling, `!` for `%`, and what Accept came
//! to where it has a say. It is written without any character that a path would escape, so
//! that it is the same in a path and in a key. Everything that the result depends on is in it:
//! who asks for a key as such gets what the key says, and what is stored there is right for all.

use edgepix_engine::Token;

use crate::key::Key;

use super::{Folding, question::Question};

/// What the last segment of such a key begins with.
const MARK: char = '~';

/// What is before the token.
const ACCEPT: &str = "&accept=";

/// The most bytes of a key (AWS, Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST: usize = 1024;

/// What a key of this form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfolded {
    /// The original's key.
    pub source: Key,
    /// The question, as a query.
    pub query: String,
    /// What Accept came to, where it has a say.
    pub token: Option<Token>,
}

/// Reads a key of this form; `None` if it is none, or not the one spelling of its question:
/// only what [`fold`](super::fold) writes is read, so that a question has one key.
///
/// Of `folding` it goes by the dialects and by what becomes of formats that are not named.
#[must_use]
pub fn unfold(key: &Key, folding: &Folding) -> Option<Unfolded> {
    let (source, last) = key.as_str().rsplit_once('/')?;
    if is_one(source) {
        return None;
    }
    let said = last.strip_prefix(MARK)?;
    let (query, token) = match said.rsplit_once(ACCEPT) {
        Some((query, word)) => {
            let mut tokens = [Token::Avif, Token::Webp, Token::None].into_iter();
            (query, Some(tokens.find(|token| token.name() == word)?))
        }
        None => (said, None),
    };
    let query = query.replace('!', "%");
    let unsigned = Folding {
        signed: false,
        ..folding.clone()
    };
    let question = Question::read(&query, &unsigned);
    let again = segment(&question, token.unwrap_or(Token::None))?;
    (again == last).then_some(Unfolded {
        source: Key::new(source).ok()?,
        query,
        token,
    })
}

/// Whether a path, or a key, has this form as far as its last segment begins with the mark.
pub(super) fn is_one(path: &str) -> bool {
    let last = path.rsplit('/').next();
    last.is_some_and(|last| last.starts_with(MARK))
}

/// The path of a question about `path`; `None` if none is asked, or it would be no key.
pub(super) fn of(path: &str, question: &Question, token: Token) -> Option<String> {
    let folded = format!("{path}/{}", segment(question, token)?);
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    (is_plain && !path.ends_with('/') && folded.len() <= LONGEST).then_some(folded)
}

/// The last segment of a question's key.
fn segment(question: &Question, token: Token) -> Option<String> {
    if !question.storable {
        return None;
    }
    let mut segment = format!("{MARK}{}", question.text.replace('%', "!"));
    if question.negotiable {
        segment.push_str(ACCEPT);
        segment.push_str(token.name());
    }
    Some(segment)
}
