import Foundation
import TestKit
import Testing

/// The name server at 127.0.0.11 of containers on networks of the user's.
@Suite("Names on networks", .serialized)
struct NetworkNamesTests {
    @Test("ports are published by the first network that leads out, also by one that is joined later")
    func portsBesideInternal() async throws {
        try await Sandbox.with { box in
            for network in ["--internal aa", "bb"] { _ = try await box.shell("docker network create \(network)") }
            let serve = "busybox sh -c 'echo hi > /index.html; httpd -f -h /'"
            func answers(_ name: String) async throws -> Bool {
                let port = try await box.ok("port", name, "80/tcp").split(separator: "\n").first?.split(separator: ":")
                    .last
                return try await box.shell("curl -s -m 2 http://127.0.0.1:\(port ?? "0")").out == "hi\n"
            }
            let both = try await box.shell("docker run -d --name both --network aa --network bb -p 80 \(serve)")
            #expect(both.status == 0, "\(both)")
            try await until("who is on both networks answers") { try await answers("both") }
            let later = try await box.shell("docker run -d --name later --network aa -p 80 \(serve)")
            #expect(later.status == 0, "\(later)")
            #expect(try await box.ok("port", "later").isEmpty, "nothing leads to it yet")
            try await box.ok("network", "connect", "bb", "later")
            try await until("who has joined answers") { try await answers("later") }
            try await box.ok("network", "create", "cc")
            try await box.ok("network", "connect", "cc", "later")
            #expect(try await answers("later"), "and is published once")
        }
    }

    @Test("containers find each other by name, alias, short ID and address", arguments: Client.available)
    func peers(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("network", "create", "shop")
            let web = try await box.ok(
                "run", "-d", "--name", "web", "--network", "shop", "--network-alias", "front", "busybox", "sleep",
                "1000")
            for name in ["db1", "db2"] {
                try await box.ok(
                    "run", "-d", "--name", name, "--network", "shop", "--network-alias", "data", "busybox", "sleep",
                    "1000")
            }
            func address(_ name: String) async throws -> String {
                try await box.ok("inspect", "-f", "{{.NetworkSettings.Networks.shop.IPAddress}}", name)
            }
            let (one, two, front) = (try await address("db1"), try await address("db2"), try await address("web"))
            let file = try await box.ok("exec", "web", "cat", "/etc/resolv.conf")
            #expect(file.hasPrefix("nameserver 127.0.0.11\n") && file.hasSuffix("ndots:0"), "\(file)")
            #expect(try await box.ok("exec", "web", "cat", "/etc/hosts").contains("db1") == false)
            let data = try await box.ok("exec", "web", "nslookup", "-type=a", "data")
            #expect(data.contains(one) && data.contains(two), "\(data)")
            for name in ["web", "FRONT", String(web.prefix(12)), "web.shop"] {
                #expect(try await box.ok("exec", "db1", "nslookup", "-type=a", name).contains(front), "\(name)")
            }
            let reverse = front.split(separator: ".").reversed().joined(separator: ".") + ".in-addr.arpa"
            #expect(try await box.ok("exec", "db1", "nslookup", "-type=ptr", reverse).contains("web.shop"))
            try await box.ok("exec", "db1", "ping", "-c1", "-w5", "web")
            // A name server of the container's own can have port 53, and the other goes on answering.
            let pid = try await box.ok("inspect", "-f", "{{.State.Pid}}", "db2")
            let beside = try await box.shell(
                "nsenter -n -t \(pid) python3 -c \"import socket, subprocess; s = socket.socket(type=socket.SOCK_DGRAM); "
                    + "s.bind(('', 53)); print(subprocess.check_output("
                    + "['docker', 'exec', 'db2', 'nslookup', '-type=a', 'web'], text=True))\"")
            #expect(beside.status == 0 && beside.out.contains(front), "\(beside)")
            try await box.ok("stop", "-t", "0", "db2")
            #expect(try await box.ok("exec", "web", "nslookup", "-type=a", "data").contains(two) == false)
        }
    }

    @Test("names come and go with the network, and return with the daemon")
    func joining() async throws {
        try await Sandbox.with { box in
            try await box.ok("network", "create", "shop")
            try await box.ok("network", "create", "--internal", "inside")
            try await box.ok("run", "-d", "--name", "web", "--network", "shop", "busybox", "sleep", "1000")
            try await box.ok("run", "-d", "--name", "plain", "busybox", "sleep", "1000")
            let before = try await box.ok("exec", "plain", "cat", "/etc/resolv.conf")
            #expect(!before.contains("127.0.0.11"))
            try await box.ok("network", "connect", "--alias", "late", "shop", "plain")
            try await box.ok("exec", "plain", "ping", "-c1", "-w5", "web")
            try await box.ok("exec", "web", "ping", "-c1", "-w5", "late")
            try await box.stopDaemon(SIGKILL)
            try await box.startDaemon()
            try await box.ok("exec", "plain", "ping", "-c1", "-w5", "web")
            try await box.ok("network", "disconnect", "shop", "plain")
            #expect(try await box.ok("exec", "plain", "cat", "/etc/resolv.conf") == before)
            #expect(try await box.docker("exec", "web", "ping", "-c1", "-w2", "plain").status != 0)
            // Who can't get out can't ask outside either.
            try await box.ok("run", "-d", "--name", "shut", "--network", "inside", "busybox", "sleep", "1000")
            let outside = try await box.docker("exec", "shut", "nslookup", "-type=a", "example.test")
            #expect("\(outside)".contains("SERVFAIL"), "\(outside)")
        }
    }

    /// Answers everything with 192.0.2.7; of names that begin with `long` only by a connection.
    private static let outsideServer = """
        import socket, struct, threading
        def answer(query, whole):
            flags = 0x8180 if whole else 0x8380
            end = query.index(0, 12) + 5
            record = b"\\xc0\\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 7]) if whole else b""
            return query[:2] + struct.pack("!HHHHH", flags, 1, int(whole), 0, 0) + query[12:end] + record
        def datagrams(server):
            while True:
                query, client = server.recvfrom(4096)
                server.sendto(answer(query, query[13:17] != b"long"), client)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(("127.9.9.9", 53))
        tcp = socket.create_server(("127.9.9.9", 53))
        threading.Thread(target=datagrams, args=(udp,), daemon=True).start()
        print("ready", flush=True)
        while True:
            peer, _ = tcp.accept()
            query = peer.recv(4096)[2:]
            whole = answer(query, True)
            peer.sendall(struct.pack("!H", len(whole)) + whole); peer.close()
        """

    @Test("other names are asked for outside, by a connection when the answer is long")
    func outside() async throws {
        try await Sandbox.with { box in
            let script = box.root + "/outside.py"
            try Data(Self.outsideServer.utf8).write(to: URL(fileURLWithPath: script))
            try await box.ok("network", "create", "shop")
            try await box.ok(
                "run", "-d", "--name", "web", "--network", "shop", "--dns", "127.9.9.9", "busybox", "sleep", "1000")
            // The server ends with the shell that asks.
            let asked = try await box.shell(
                "coproc timeout 60 python3 \(script); read -r line <&\"${COPROC[0]}\"; "
                    + "for name in example.test long.test; do docker exec web nslookup -type=a $name; done; kill %1")
            #expect(asked.out.components(separatedBy: "192.0.2.7").count == 3, "\(asked)")
            #expect(asked.out.contains("127.0.0.11"), "\(asked)")
        }
    }
}
