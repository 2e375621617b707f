import Fault
import Foundation
import JSON
import Testing

@testable import Node

@Suite("tokens by which nodes join")
struct BootstrapTokenTests {
    @Test("a token is made once, read back, and is what the API server takes for one")
    func keeping() throws {
        let file = NSTemporaryDirectory() + "hako-token-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let first = try BootstrapToken.kept(in: file, trustPEM: "PEM")
        #expect(try BootstrapToken.kept(in: file, trustPEM: "PEM") == first)
        #expect(try BootstrapToken(first.text) == first)
        #expect(first.value.wholeMatch(of: /[a-z0-9]{6}\.[a-z0-9]{16}/) != nil)
        #expect(first.secret["stringData"]["token-secret"].string == first.secretPart)
        #expect(first.secret["metadata"]["name"].string == "bootstrap-token-\(first.id)")
    }

    @Test("other texts are refused", arguments: ["", "abc", "abcdef.0123456789abcdef", "abcdef.short:UEVN", "a.b:c:d"])
    func refusals(_ text: String) { #expect(throws: Fault.self) { try BootstrapToken(text) } }
}
