import Fault
import Testing

@testable import Dockerfile

@Suite struct CorpusTests {
    @Test("malformed Dockerfiles are refused in the original's words, with their line", arguments: Corpus.malformed)
    func refuses(_ text: String, _ line: Int?, _ sentence: String) {
        let message = line.map { "dockerfile parse error on line \($0): \(sentence)" } ?? sentence
        do {
            _ = try Dockerfile(text)
            Issue.record("accepted, instead of: \(message)")
        } catch { #expect(error.message.hasPrefix(message)) }
    }
}
