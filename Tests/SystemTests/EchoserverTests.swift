import Foundation
import TestKit
import Testing

/// The built-in image: what it answers, byte for byte, and how it comes to be used.
@Suite("The built-in echoserver", .serialized)
struct EchoserverTests {
    /// Nothing answers there, so no registry that speaks HTTPS can be reached.
    private static let offline = ["--https-proxy", "http://127.0.0.1:1"]

    private func withServer(_ body: (Sandbox, _ name: String, _ port: UInt16) async throws -> Void) async throws {
        try await Sandbox.with(daemonFlags: Self.offline, mirror: false) { box in
            let port = try freePort()
            let run = try await box.shell(
                "docker run -d --hostname hello -p \(port):8080 registry.k8s.io/echoserver:1.10")
            try #require(run.status == 0, "\(run)")
            #expect(run.err.contains("NOTICE: registry.k8s.io/echoserver:1.10 could not be pulled: "), "\(run)")
            #expect(run.err.contains("Using the image of that name that is built into hako"), "\(run)")
            try await until("the server answers") {
                try await box.shell("curl -sf http://127.0.0.1:\(port)/").status == 0
            }
            try await body(box, "127.0.0.1:\(port)", port)
        }
    }

    @Test("an image with a built-in twin is used, with a notice, when its registry can't be reached; others are not")
    func notice() async throws {
        try await withServer { box, _, _ in
            let other = try await box.shell("docker pull registry.k8s.io/coredns:1.9")
            #expect(other.status == 1 && !other.err.contains("NOTICE"), "\(other)")
            let names = try await box.ok("images", "--format", "{{.Repository}}:{{.Tag}}")
            #expect(names == "registry.k8s.io/echoserver:1.10")
        }
    }

    @Test("a port that can't be is told")
    func badPort() async throws {
        try await withServer { box, _, _ in
            for port in ["99999999", "x", "-1"] {
                let run = try await box.shell("docker run --rm registry.k8s.io/echoserver:1.10 \(port)")
                #expect(run.status == 2 && run.err.contains("a number from 1 to 65535"), "\(run)")
            }
        }
    }

    @Test("the page is the original's, byte for byte")
    func page() async throws {
        try await withServer { box, name, _ in
            let gateway = box.bip.prefix { $0 != "/" }
            func page(_ method: String, _ target: String, _ headers: [String], _ body: String) -> String {
                let query = target.split(separator: "?").dropFirst().joined()
                return """


                    Hostname: hello

                    Pod Information:
                    \t-no pod information available-

                    Server values:
                    \tserver_version=nginx: 1.13.3 - lua: 10008

                    Request Information:
                    \tclient_address=\(gateway)
                    \tmethod=\(method)
                    \treal path=\(target)
                    \tquery=\(query)
                    \trequest_version=1.1
                    \trequest_scheme=http
                    \trequest_uri=http://127.0.0.1:8080\(target)

                    Request Headers:
                    \(headers.map { "\t\($0)\n" }.joined())
                    Request Body:
                    \(body)


                    """
            }
            let get = try await box.shell("curl -s -A test http://\(name)/")
            #expect(
                get.out
                    == page("GET", "/", ["accept=*/*", "host=\(name)", "user-agent=test"], "\t-no body in request-"))
            let post = try await box.shell(
                "curl -s -A test -H 'X-B: 2' -H 'A-a: 1' -d 'hello' 'http://\(name)/p?q=1&r=%20'")
            let headers = [
                "a-a=1", "accept=*/*", "content-length=5", "content-type=application/x-www-form-urlencoded",
                "host=\(name)", "user-agent=test", "x-b=2",
            ]
            #expect(post.out == page("POST", "/p?q=1&r=%20", headers, "hello"))
            let head = try await box.shell("curl -sI -A test http://\(name)/")
            let length = page("HEAD", "/", ["accept=*/*", "host=\(name)", "user-agent=test"], "\t-no body in request-")
            #expect(head.out.contains("Content-Length: \(length.utf8.count)\r\n") && head.out.hasSuffix("\r\n\r\n"))
        }
    }

    /// What the server sends back for these bytes until it closes or half a second passes.
    private static let exchange = """
        import socket, sys
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
        s.settimeout(0.5)
        s.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
        out = b""
        try:
            while True:
                part = s.recv(65536)
                if not part: out += b"<end>"; break
                out += part
        except socket.timeout: pass
        sys.stdout.write(out.decode("latin-1").replace("\\r", ""))
        """

    @Test("odd requests are answered or refused as HTTP says, and slow clients keep nobody waiting")
    func oddRequests() async throws {
        try await withServer { box, _, port in
            try Data(Self.exchange.utf8).write(to: URL(fileURLWithPath: box.root + "/exchange.py"))
            func send(_ bytes: String) async throws -> String {
                try await box.shell("python3 '\(box.root)/exchange.py' \(port) '\(bytes)'").out
            }
            let chunked = #"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"#
            let trailers = try await send(chunked + #"5\r\nhello\r\n0\r\nX: y\r\n\r\nGET /second HTTP/1.0\r\n\r\n"#)
            #expect(trailers.contains("Request Body:\nhello\n\n") && trailers.contains("real path=/second"))
            #expect(!trailers.contains("400"), "\(trailers)")
            let expecting = try await send(
                #"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"#)
            #expect(expecting == "HTTP/1.1 100 Continue\n\n")
            for (bytes, status) in [
                (#"BAD\r\n\r\n"#, "400"), (chunked + #"ffffffffffffffff\r\n"#, "400"),
                (#"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"#, "400"),
                (#"GET / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n"#, "413"),
            ] {
                let answer = try await send(bytes)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.hasSuffix("<end>"), "\(bytes): \(answer)")
            }
            let slow = try await box.shell(
                """
                python3 - <<'END'
                import socket, urllib.request
                slow = [socket.create_connection(("127.0.0.1", \(port))) for _ in range(500)]
                for s in slow: s.sendall(b"GET / HTTP/1.1\\r\\nHo")
                urllib.request.urlopen("http://127.0.0.1:\(port)/", timeout=5).read()
                for s in slow: s.sendall(b"st: x\\r\\n\\r\\n")
                print(sum(s.recv(12) == b"HTTP/1.1 200" for s in slow))
                END
                """)
            #expect(slow.out == "500\n", "\(slow)")
        }
    }
}
