import Fault
import Testing

@testable import Dockerfile

struct ShellWordsTests {
    private static let words = ShellWords(escape: "\\") {
        ["A": "one", "EMPTY": "", "PATH": "/bin:/usr/bin", "FILE": "a.tar.gz", "SPACED": "b c"][$0]
    }

    @Test(arguments: [
        ("plain", "plain"), ("$A", "one"), ("${A}", "one"), ("x${A}y", "xoney"), ("$NONE", ""), ("a$", "a$"),
        ("\\$A", "$A"), ("'$A'", "$A"), ("\"$A\"", "one"), ("\"\\$A\"", "$A"), ("\"\\a\"", "\\a"), ("'it''s'", "its"),
        ("${A:-two}", "one"), ("${NONE:-two}", "two"), ("${EMPTY:-two}", "two"), ("${EMPTY-two}", ""),
        ("${NONE-two}", "two"), ("${A:+two}", "two"), ("${NONE:+two}", ""), ("${EMPTY:+two}", ""),
        ("${EMPTY+two}", "two"), ("${NONE:-$A}", "one"), ("${NONE:-${A}x}", "onex"),
        ("${FILE%.*}", "a.tar"), ("${FILE%%.*}", "a"), ("${FILE#*.}", "tar.gz"), ("${FILE##*.}", "gz"),
        ("${PATH/bin/sbin}", "/sbin:/usr/bin"), ("${PATH//bin/sbin}", "/sbin:/usr/sbin"), ("${FILE/?/b}", "b.tar.gz"),
        ("${A:?must be}", "one"), ("$1", ""),
    ])
    func expands(_ text: String, _ expected: String) throws {
        #expect(try Self.words.expand(text) == expected)
    }

    @Test(arguments: [
        ("'open", "unexpected end of statement while looking for matching single-quote"),
        ("\"open", "unexpected end of statement while looking for matching double-quote"),
        ("${A", "syntax error: missing '}'"), ("${}", "syntax error: bad substitution"),
        ("${NONE:?is needed}", "NONE: is needed"), ("${NONE?}", "NONE: parameter not set"),
        ("${A:x}", "unsupported modifier (:x) in substitution"), ("${A^}", "unsupported modifier (^) in substitution"),
    ])
    func refuses(_ text: String, _ message: String) {
        #expect(throws: (any Error).self) { try Self.words.expand(text) }
        do { _ = try Self.words.expand(text) } catch { #expect(error.message.hasPrefix(message)) }
    }

    @Test func splitsWhatVariablesBring() throws {
        #expect(try Self.words.split("a $SPACED \"$SPACED\" ''") == ["a", "b c", "b c", ""])
        #expect(try Self.words.split("80  443") == ["80", "443"])
    }

    @Test func bodiesKeepTheirQuotes() throws {
        #expect(try Self.words.expandBody("say \"$A\" '\\$A'\n") == "say \"one\" '$A'\n")
    }
}
