import JSON
import Synchronization
import Testing

@testable import Builder

struct OrderedOutputTests {
    @Test func stagesSpeakInTheirOrderHoweverTheyRun() async throws {
        let heard = Said()
        let output = OrderedOutput(lanes: [0, 2, 5], isQuiet: false) { message in
            await Task.yield()
            heard.add(message["stream"].string ?? "")
        }
        try await output.say("c1 ", lane: 5)
        try await output.say("b1 ", lane: 2)
        try await output.end(lane: 5)
        try await output.say("a1 ", lane: 0)
        async let ended: Void = output.end(lane: 0)
        try await output.say("b2 ", lane: 2)
        try await ended
        try await output.end(lane: 2)
        try await output.close([["stream": "end"]])
        #expect(heard.text == "a1 b1 b2 c1 end")
    }
}

private final class Said: Sendable {
    private let words = Mutex("")
    var text: String { words.withLock { $0 } }
    func add(_ word: String) { words.withLock { $0 += word } }
}
