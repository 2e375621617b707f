import Testing

@testable import Compose

@Suite("Malformed compose files")
struct CorpusTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let expected: String
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ expected: String) {
            self.name = name
            self.text = text
            self.expected = expected
        }
    }

    @Test("each is refused with its line", arguments: Corpus.cases)
    func refused(example: Case) {
        do {
            _ = try MemoryFiles.project(example.text)
            Issue.record("it was taken: \(example.name)")
        } catch { #expect("\(error)" == example.expected) }
    }

    @Test("there are enough of them") func enough() { #expect(Corpus.cases.count >= 100) }

    @Test("no cut of a good file crashes the loader")
    func cuts() {
        let whole = Array(LoadingTests.wide.utf8)
        for end in stride(from: 0, to: whole.count, by: 7) {
            _ = try? MemoryFiles.project(String(decoding: whole[..<end], as: UTF8.self))
        }
    }
}
