import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("tokens of lists in pages")
struct ContinueTokenTests {
    private let prefix = "/registry/core/pods/"

    @Test("a token comes back as it went, and holds no more of its key than the list's own")
    func roundTrip() throws {
        let token = ContinueToken(revision: 9, after: prefix + "a/ü?>")
        let text = token.text(in: prefix)
        #expect(try ContinueToken(parsing: text, in: prefix) == token)
        #expect(
            try ContinueToken(parsing: text, in: "/registry/core/secrets/").start.hasPrefix("/registry/core/secrets/"))
    }

    private func refusal(_ text: String) -> String {
        do throws(APIStatus) {
            _ = try ContinueToken(parsing: text, in: prefix)
            return ""
        } catch {
            return error.message
        }
    }

    private static func token(_ version: String, _ revision: Int, _ start: String) -> String {
        let tree: JSON = ["v": .string(version), "rv": .init(revision), "start": .string(start)]
        return encodeBase64(tree.bytes()).replacing("=", with: "")
    }

    @Test(
        "what is no token is refused in the original's words",
        arguments: [
            ("x", "illegal base64 data at input byte 0"), ("!!!", "illegal base64 data at input byte 0"),
            (token("meta.k8s.io/v2", 1, "a"), "server does not recognize this encoded version meta.k8s.io/v2"),
            (token("meta.k8s.io/v1", 0, "a"), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
            (token("meta.k8s.io/v1", 1, ""), "encoded start key empty (version meta.k8s.io/v1)"),
            (token("meta.k8s.io/v1", 1, "../a"), "../a"), (token("meta.k8s.io/v1", 1, "a//b"), "a//b"),
        ])
    func refusals(_ text: String, _ why: String) {
        #expect(refusal(text) == "invalid continue token: continue key is not valid: \(why)")
    }
}
