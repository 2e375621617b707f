import Fault
import NIOCore
import Testing

@testable import Engine

@Suite struct DetachKeysTests {
    private func typed(_ keys: String?, _ pieces: [String]) throws -> (String, Bool) {
        var matcher = DetachKeys.Matcher(try DetachKeys(keys))
        var passed = ""
        for piece in pieces {
            let (bytes, isDetached) = matcher.take(ByteBuffer(string: piece))
            passed += String(buffer: bytes)
            if isDetached { return (passed, true) }
        }
        return (passed, false)
    }

    @Test("ctrl-p ctrl-q leaves, also when they come one by one")
    func standard() throws {
        #expect(try typed(nil, ["ls\n\u{10}\u{11}rest"]) == ("ls\n", true))
        #expect(try typed("", ["a\u{10}", "\u{11}"]) == ("a", true))
    }

    @Test("a beginning that goes on otherwise reaches the program")
    func notDetached() throws {
        #expect(try typed(nil, ["\u{10}x"]) == ("\u{10}x", false))
        #expect(try typed(nil, ["\u{10}\u{10}\u{11}"]) == ("\u{10}", true))
    }

    @Test("any keys may be chosen, and nonsense is refused")
    func chosen() throws {
        #expect(try typed("ctrl-a,x", ["q\u{1}x"]) == ("q", true))
        #expect(try DetachKeys("ctrl-[,DEL").bytes == [27, 127])
        let fault = #expect(throws: Fault.self) { try DetachKeys("shift-a") }
        #expect(fault?.message == "Invalid detach keys (shift-a) provided: Unknown character: 'shift-a'")
    }
}
