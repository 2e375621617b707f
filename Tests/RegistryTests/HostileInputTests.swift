import Fault
import JSON
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Registry

/// What registries send, bent at random from a seed: everything is either understood or refused, nothing stops us.
@Suite struct HostileInputTests {
    private static let manifest = """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":7,"digest":"sha256:\(String(repeating: "a", count: 64))"},\
        "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":32654,"digest":"sha256:\(String(repeating: "b", count: 64))",\
        "annotations":{"k":"v"},"urls":["https://x/"]}],"annotations":{"a":"b"}}
        """
    private static let index = """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7143,"digest":"sha256:\(String(repeating: "c", count: 64))",\
        "platform":{"architecture":"arm","os":"linux","variant":"v7"}},\
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7682,"digest":"sha256:\(String(repeating: "d", count: 64))",\
        "platform":{"architecture":"amd64","os":"linux"}}]}
        """

    /// Bytes changed, doubled, cut out, or swapped for ones that mean something to the parser.
    private func bend(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        let words = [
            "null", "-1", "1e400", "9223372036854775807", "99999999999999999999", "[]", "{}", "\"\"", "true", "\\u0000",
            "[[[[",
        ]
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            let length = min(Int.random(in: 1...40, using: &random), bytes.count - at)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(at..<at + length)
            case 2: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
            case 3:
                bytes.replaceSubrange(at..<at + length, with: Array((words.randomElement(using: &random) ?? "").utf8))
            default:  // a value in place of a value
                guard let colon = bytes[at...].firstIndex(of: UInt8(ascii: ":")) else { continue }
                let end =
                    bytes[colon...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? bytes.count
                bytes.replaceSubrange(colon + 1..<end, with: Array((words.randomElement(using: &random) ?? "").utf8))
            }
        }
        return bytes
    }

    @Test("a bent manifest or index is read or refused", arguments: [Self.manifest, Self.index], Fuzz.seeds(10))
    func manifests(_ text: String, _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var understood = 0
        for _ in 0..<2_000 {
            let bytes = bend(text, &random)
            do throws(Fault) {
                switch try ManifestDocument(bytes, mediaType: Bool.random(using: &random) ? MediaType.ociIndex : nil) {
                case .manifest(let manifest):
                    #expect(manifest.config.size >= 0 && manifest.layers.allSatisfy { $0.size >= 0 })
                case .index(let index): _ = try? index.selectManifest(for: .host)
                }
                understood += 1
            } catch {
                #expect(error.kind == .invalid)
            }
        }
        #expect(understood > 0)
    }

    @Test("a document that is manifest and index at once is refused")
    func ambiguous() {
        let text = Self.index.replacing("\"schemaVersion\":2,", with: "\"schemaVersion\":2,\"layers\":[],")
        #expect(throws: Fault.self) { try ManifestDocument(Array(text.utf8)) }
    }

    @Test("bent answers of registries and token servers are read or refused", arguments: Fuzz.seeds(10))
    func answers(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let error =
            #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}],"details":"y"}"#
        let token =
            #"{"token":"abc","access_token":"def","expires_in":300,"issued_at":"2026-01-01T00:00:00Z","refresh_token":"r"}"#
        for _ in 0..<1_000 {
            let status = HTTPResponseStatus(statusCode: Int.random(in: 400...599, using: &random))
            let bent = RegistryError(status: status, headers: [:], body: bend(error, &random))
            #expect(!bent.description.isEmpty)
            if let answer = try? TokenAnswer(bend(token, &random), realm: "r") {
                #expect(answer.life >= Limit.tokenSeconds && !answer.token.contains("\n"))
            }
        }
    }

    @Test("a bent location leads to an http address or nowhere", arguments: Fuzz.seeds(10))
    func locations(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let base = try #require(WebAddress("https://r.example:5000/v2/a/blobs/uploads/?x=1"))
        for _ in 0..<2_000 {
            let bent = String(decoding: bend("https://user@host:80/v2/x?y=%20#z", &random), as: UTF8.self)
            guard let address = base.resolving(bent) else { continue }
            #expect(
                ["http", "https"].contains(address.scheme) && address.target.hasPrefix("/") && !address.host.isEmpty)
            #expect(!address.description.contains { $0 == " " || $0 == "\r" || $0 == "\n" })
        }
    }
}
