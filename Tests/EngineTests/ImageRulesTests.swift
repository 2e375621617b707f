import DockerModel
import Fault
import JSON
import OCI
import Testing

@testable import Engine

@Suite struct ImageRulesTests {
    @Test(
        "reference patterns match as Go's path.Match does",
        arguments: [
            ("ng*", "nginx", true), ("*", "a/b", false), ("*/b", "a/b", true), ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), ("[^a-c]x", "dx", true), ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false), ("", "", true), ("a", "", false), ("**", "abc", true),
            ("nginx:1.*", "nginx:1.27", true), ("*[0-9]", "v12", true),
        ])
    func globs(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try Glob.matches(pattern, text) == expected)
    }

    @Test("a pattern that isn't one is refused", arguments: ["[", "[]", "[a", "[a-", "a\\", "[-x]"])
    func badGlobs(_ pattern: String) {
        #expect(throws: Fault.self) { try Glob.matches(pattern, "a") }
    }

    @Test("a long hostile pattern costs no more than its length times the text's")
    func hostileGlob() throws {
        let pattern = String(repeating: "*a", count: 500) + "b"
        #expect(try !Glob.matches(pattern, String(repeating: "a", count: 5_000)))
    }

    @Test("a pattern fits the name with its tag or without")
    func familiarMatch() throws {
        let reference = try Reference(parsing: "docker.io/library/nginx:1.27")
        for pattern in ["nginx", "nginx:1.27", "nginx:*", "ng*"] {
            #expect(try ImageFilter.matches(reference, pattern), "\(pattern)")
        }
        #expect(try !ImageFilter.matches(reference, "library/nginx"))
    }

    @Test("changes are Dockerfile instructions")
    func changes() throws {
        let config = try ImageChange.apply(
            [
                "CMD [\"a\", \"b c\"]", "ENTRYPOINT run it", "ENV A=1 B=\"2 3\" C='4'", "env A=5",
                "ENV OLD the old form", "EXPOSE 80 53/udp",
                "LABEL x=y \"a b\"=c", "WORKDIR /srv", "WORKDIR ../opt/./x", "VOLUME /data \"/more data\"",
                "VOLUME [\"/json\"]", "USER 1:2",
                "STOPSIGNAL SIGQUIT", "HEALTHCHECK --interval=5s --retries=2 CMD curl localhost", "ONBUILD RUN x",
            ], to: ["Env": ["PATH=/bin", "A=0"]])
        #expect(config["Cmd"].strings == ["a", "b c"])
        #expect(config["Entrypoint"].strings == ["/bin/sh", "-c", "run it"])
        #expect(config["Env"].strings == ["PATH=/bin", "A=5", "B=2 3", "C=4", "OLD=the old form"])
        #expect(config["ExposedPorts"].object?.names == ["80/tcp", "53/udp"])
        #expect(config["Labels"].stringMap == ["x": "y", "a b": "c"])
        #expect(config["WorkingDir"].string == "/opt/x")
        #expect(config["Volumes"].object?.names == ["/data", "/more data", "/json"])
        #expect(config["User"].string == "1:2" && config["StopSignal"].string == "SIGQUIT")
        #expect(config["Healthcheck", "Test"].strings == ["CMD-SHELL", "curl localhost"])
        #expect(config["Healthcheck", "Interval"].int == 5_000_000_000 && config["Healthcheck", "Retries"].int == 2)
        #expect(config["OnBuild"].strings == ["RUN x"])
    }

    @Test(
        "other instructions are refused",
        arguments: [
            ("RUN x", "run is not a valid change command"), ("ENV", "ENV requires at least one argument"),
            ("ENV A", "ENV must have two arguments"),
            ("LABEL a=b c", "can't find = in \"c\""), ("CMD", nil), ("ENV A=\"b", "looking for matching"),
            ("HEALTHCHECK curl", "Unknown type"),
        ] as [(String, String?)])
    func badChanges(_ change: String, _ part: String?) {
        do {
            _ = try ImageChange.apply([change], to: [:])
            #expect(part == nil)
        } catch {
            #expect(part.map { error.message.contains($0) } ?? false, "\(error)")
        }
    }

    @Test("one tag with its repository's digests is one reference, others are several")
    func singleReference() throws {
        func single(_ names: String...) throws -> Bool {
            ImageRemoval.isSingle(try names.map { try Reference(parsing: $0) })
        }
        let digest = Digest(of: [1])
        #expect(try single("a:1"))
        #expect(try single("a:1", "a@\(digest)"))
        #expect(try single("a@\(digest)"))
        #expect(try !single("a:1", "a:2"))
        #expect(try !single("a:1", "b@\(digest)"))
        #expect(try !single())
    }

    @Test(
        "truth values of filters are Docker's",
        arguments: [("true", true), ("1", true), ("0", false), ("false", false)])
    func flags(_ text: String, _ expected: Bool) throws {
        var filters = Filters()
        filters.add("dangling", text)
        #expect(try ImageFilter.flag(filters, "dangling") == expected)
        filters.add("dangling", "maybe")
        #expect(throws: Fault.self) { try ImageFilter.flag(filters, "dangling") }
    }

    @Test("echoserver's names have a built-in twin, digests and others have none")
    func builtIn() throws {
        for name in ["echoserver", "registry.k8s.io/echoserver:1.10", "registry.k8s.io/echoserver"] {
            #expect(BuiltInImage.twin(of: try Reference(parsing: name))?.program == "echoserver", "\(name)")
        }
        #expect(BuiltInImage.twin(of: try Reference(parsing: "nginx")) == nil)
        #expect(BuiltInImage.twin(of: try Reference(parsing: "echoserver@\(Digest(of: [1]))")) == nil)
    }
}
