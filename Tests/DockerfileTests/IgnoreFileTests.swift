import Testing

@testable import Dockerfile

struct IgnoreFileTests {
    @Test(arguments: [
        ("*.md", "a.md", true), ("*.md", "b/a.md", false), ("**/*.md", "b/c/a.md", true), ("**/*.md", "a.md", true),
        ("node_modules", "node_modules/x/y", true), ("/build/", "build", true), ("build/*", "build/a/b", true),
        ("build/*", "build", false), ("*\n!keep", "keep", false), ("*\n!keep", "other", true),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true),
        ("*.md\n!README*.md\nREADME-secret.md", "README-a.md", false), ("# a\na", "a", true), ("a?c", "abc", true),
        ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), ("./x", "x", true), ("a/../b", "b", true), ("", "a", false),
        ("**", "a/b", true), ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true),
    ])
    func excludes(_ text: String, _ path: String, _ expected: Bool) {
        #expect(IgnoreFile(text).excludes(path) == expected)
    }

    @Test func foldersWithExceptionsAreLookedInto() {
        #expect(IgnoreFile("a").excludesAll(below: "a"))
        #expect(!IgnoreFile("a\n!a/b").excludesAll(below: "a"))
    }
}
