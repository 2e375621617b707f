import Fault
import OCI
import TestKit
import Testing

@Suite struct ReferenceTests {
    @Test(
        "short names get Docker's defaults, long ones keep what they say",
        arguments: [
            ("nginx", "docker.io/library/nginx", "nginx"),
            ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
            ("library/nginx", "docker.io/library/nginx", "nginx"),
            ("docker.io/nginx", "docker.io/library/nginx", "nginx"),
            ("index.docker.io/nginx", "docker.io/library/nginx", "nginx"),
            ("docker.io/library/nginx:latest", "docker.io/library/nginx:latest", "nginx:latest"),
            ("grafana/grafana", "docker.io/grafana/grafana", "grafana/grafana"),
            ("localhost/app", "localhost/app", "localhost/app"),
            ("localhost:5000/app:1.0", "localhost:5000/app:1.0", "localhost:5000/app:1.0"),
            ("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c"),
            ("[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"),
            ("registry.k8s.io/echoserver:1.10", "registry.k8s.io/echoserver:1.10", "registry.k8s.io/echoserver:1.10"),
            ("Uppercase/lower", "Uppercase/lower", "Uppercase/lower"),
            ("docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"),
            ("a__b/c-----d.e:_T.g-", "docker.io/a__b/c-----d.e:_T.g-", "a__b/c-----d.e:_T.g-"),
        ])
    func defaults(_ text: String, _ canonical: String, _ familiar: String) throws {
        let reference = try Reference(parsing: text)
        #expect(reference.canonical == canonical)
        #expect(reference.familiar == familiar)
        #expect(try Reference(parsing: canonical) == reference)
        #expect(try Reference(parsing: familiar) == reference)
    }

    @Test(
        "what isn't a reference is refused in Docker's words",
        arguments: [
            ("", "invalid reference format"),
            ("Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"),
            ("docker.io/Foo/bar", "invalid reference format: repository name (Foo/bar) must be lowercase"),
            ("a:b:c", "invalid reference format"),
            ("nginx:", "invalid reference format"),
            ("nginx@", "invalid reference format"),
            ("-nginx", "invalid reference format"),
            ("a..b", "invalid reference format"),
            ("a___b", "invalid reference format"),
            ("a//b", "invalid reference format"),
            ("a/b/", "invalid reference format"),
            ("/a", "invalid reference format"),
            ("nginx:-tag", "invalid reference format"),
            ("ngi nx", "invalid reference format"),
            ("exa_mple.com/a", "invalid reference format"),
            ("host:port/a", "invalid reference format"),
            ("nginx@sha256:abc", "invalid reference format"),
            ("nginx@md5:0123456789abcdef0123456789abcdef", "unsupported digest algorithm"),
            ("nginx@sha256:0123456789abcdef0123456789abcdef", "invalid checksum digest length"),
            (
                String(repeating: "a", count: 64),
                "invalid repository name (" + String(repeating: "a", count: 64)
                    + "), cannot specify 64-byte hexadecimal strings"
            ),
            ("a/" + String(repeating: "b", count: 254), "repository name must not be more than 255 characters"),
            ("nginx:" + String(repeating: "t", count: 129), "invalid reference format"),
        ])
    func refusals(_ text: String, _ message: String) {
        #expect(performing: { try Reference(parsing: text) }, throws: { ($0 as? Fault)?.message == message })
    }

    @Test("a digest stands beside a tag or alone, and then nothing is added")
    func digests() throws {
        let digest = Digest(of: [1, 2, 3])
        let both = try Reference(parsing: "nginx:1@\(digest)")
        #expect(both.tag == "1" && both.digest == digest)
        let alone = try Reference(parsing: "nginx@\(digest)").withDefaultTag
        #expect(alone.tag == nil && alone.familiar == "nginx@\(digest)")
        #expect(try Reference(parsing: "nginx").withDefaultTag.familiar == "nginx:latest")
    }

    @Test("whatever bytes come, parsing ends, and what it accepts reads back as itself", arguments: Fuzz.seeds(20))
    func fuzz(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab1Z.:/@-_[]%é\u{0} sha256:docker.io/localhost")
        for _ in 0..<2_000 {
            let text = String(
                (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
            guard let reference = try? Reference(parsing: text) else { continue }
            #expect((try? Reference(parsing: reference.canonical)) == reference, "\(text)")
            #expect((try? Reference(parsing: reference.familiar)) == reference, "\(text)")
            #expect(reference.tag.map { $0.utf8.count <= 128 && !$0.isEmpty } ?? true)
        }
    }
}
