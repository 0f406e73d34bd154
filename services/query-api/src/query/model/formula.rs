//! Formulas over series.

/// Nested parentheses and signs beyond this are refused.
const DEEPEST: usize = 64;
/// Longer formulas are refused.
const LONGEST: usize = 1_000;

/// A formula over series, `A / B * 100`.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    text: String,
    root: Term,
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Series(usize),
    Number(f64),
    Negated(Box<Self>),
    Binary(Operation, Box<Self>, Box<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Formula {
    /// Reads a formula over the first `series` letters. The error is a
    /// sentence for people.
    pub fn parse(text: &str, series: usize) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a formula is at most {LONGEST} characters long"));
        }
        let mut parser = Parser { rest: text, series };
        let root = parser.sum(0)?;
        match parser.peek() {
            None => Ok(Self {
                text: text.to_owned(),
                root,
            }),
            Some(found) => Err(format!("expected an operator, found {found:?}")),
        }
    }

    /// The formula as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its value, from those of the series. Dividing by zero gives zero, and
    /// so does what no number holds.
    pub fn evaluate(&self, values: &[f64]) -> f64 {
        let value = self.root.evaluate(values);
        if value.is_finite() { value } else { 0.0 }
    }
}

impl Term {
    fn evaluate(&self, values: &[f64]) -> f64 {
        match self {
            Self::Series(index) => values.get(*index).copied().unwrap_or(0.0),
            Self::Number(number) => *number,
            Self::Negated(term) => -term.evaluate(values),
            Self::Binary(operation, left, right) => {
                let (left, right) = (left.evaluate(values), right.evaluate(values));
                match operation {
                    Operation::Add => left + right,
                    Operation::Subtract => left - right,
                    Operation::Multiply => left * right,
                    Operation::Divide if right == 0.0 => 0.0,
                    Operation::Divide => left / right,
                }
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    series: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, found: char) {
        self.rest = self.rest.get(found.len_utf8()..).unwrap_or_default();
    }

    fn sum(&mut self, depth: usize) -> Result<Term, String> {
        let mut left = self.product(depth)?;
        loop {
            let operation = match self.peek() {
                Some('+') => Operation::Add,
                Some('-' | '−') => Operation::Subtract,
                _ => return Ok(left),
            };
            left = self.combine(operation, left, depth, Self::product)?;
        }
    }

    fn product(&mut self, depth: usize) -> Result<Term, String> {
        let mut left = self.factor(depth)?;
        loop {
            let operation = match self.peek() {
                Some('*') => Operation::Multiply,
                Some('/') => Operation::Divide,
                _ => return Ok(left),
            };
            left = self.combine(operation, left, depth, Self::factor)?;
        }
    }

    fn combine(
        &mut self,
        operation: Operation,
        left: Term,
        depth: usize,
        next: fn(&mut Self, usize) -> Result<Term, String>,
    ) -> Result<Term, String> {
        if let Some(sign) = self.peek() {
            self.take(sign);
        }
        let right = next(self, depth)?;
        Ok(Term::Binary(operation, Box::new(left), Box::new(right)))
    }

    fn factor(&mut self, depth: usize) -> Result<Term, String> {
        if depth > DEEPEST {
            return Err(format!("a formula is at most {DEEPEST} levels deep"));
        }
        match self.peek() {
            Some('(') => {
                self.take('(');
                let inner = self.sum(depth + 1)?;
                if self.peek() != Some(')') {
                    return Err("a parenthesis is not closed".to_owned());
                }
                self.take(')');
                Ok(inner)
            }
            Some(sign @ ('-' | '−' | '+')) => {
                self.take(sign);
                let inner = self.factor(depth + 1)?;
                Ok(if sign == '+' {
                    inner
                } else {
                    Term::Negated(Box::new(inner))
                })
            }
            Some(letter) if letter.is_ascii_alphabetic() => self.letter(letter),
            Some(digit) if digit.is_ascii_digit() || digit == '.' => self.number(),
            Some(found) => Err(format!(
                "expected a series, a number or a parenthesis, found {found:?}"
            )),
            None => Err("the formula ends too early".to_owned()),
        }
    }

    fn letter(&mut self, letter: char) -> Result<Term, String> {
        self.take(letter);
        if self
            .rest
            .starts_with(|next: char| next.is_ascii_alphanumeric())
        {
            return Err("series are named by single letters".to_owned());
        }
        let index = usize::from(letter.to_ascii_uppercase() as u8 - b'A');
        if index >= self.series {
            return Err(format!("there is no series {letter}"));
        }
        Ok(Term::Series(index))
    }

    fn number(&mut self) -> Result<Term, String> {
        let end = self
            .rest
            .find(|next: char| !next.is_ascii_digit() && next != '.')
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let number = digits
            .parse()
            .map_err(|_| format!("{digits} is no number"))?;
        self.rest = rest;
        Ok(Term::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, values: &[f64]) -> f64 {
        Formula::parse(text, values.len()).unwrap().evaluate(values)
    }

    #[test]
    fn precedence_is_that_of_arithmetic() {
        assert_eq!(value("A / B * 100", &[1.0, 4.0]), 25.0);
        assert_eq!(value("A + B * 2 - 1", &[1.0, 2.0]), 4.0);
        assert_eq!(value("(A + B) * 2", &[1.0, 2.0]), 6.0);
        assert_eq!(value("A - B - 1", &[5.0, 2.0]), 2.0);
        assert_eq!(value("-A + .5", &[1.0]), -0.5);
        assert_eq!(value("2*-A", &[3.0]), -6.0);
    }

    #[test]
    fn dividing_by_zero_gives_zero() {
        assert_eq!(value("A / B", &[1.0, 0.0]), 0.0);
        assert_eq!(value("A / (B - B) + 3", &[1.0, 2.0]), 3.0);
    }

    #[test]
    fn what_does_not_parse_says_why() {
        for wrong in [
            "", "A +", "(A", "A B", "A / C", "AB", "1.2.3", "A % B", "A;", "sum(A)", "2A",
        ] {
            assert!(Formula::parse(wrong, 2).is_err(), "{wrong}");
        }
        assert!(Formula::parse(&"(".repeat(500), 1).is_err());
    }
}
