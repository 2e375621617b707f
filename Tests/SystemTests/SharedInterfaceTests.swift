import Foundation
import TestKit
import Testing

/// Networks whose containers share an interface of the host's.
@Suite("macvlan and ipvlan networks", .serialized)
struct SharedInterfaceTests {
    /// A wire of the test's own in place of a network card.
    private static func withWire(_ body: (String) async throws -> Void) async throws {
        let name = "hkw\(getpid() % 100_000)"
        let made = try await Command.run(["ip", "link", "add", name, "up", "type", "veth", "peer", "name", name + "p"])
        #expect(made.status == 0, "\(made)")
        _ = try await Command.run(["ip", "link", "set", name + "p", "up"])
        var fault: (any Error)?
        do { try await body(name) } catch { fault = error }
        _ = try await Command.run(["ip", "link", "delete", name])
        if let fault { throw fault }
    }

    /// Tried in a network namespace that goes with the try.
    private static func kernelHasMacvlan() async -> Bool {
        let line = "ip link add w0 type veth peer name w1 && ip link add link w0 name w2 type macvlan"
        return (try? await Command.run(["unshare", "-n", "sh", "-c", line]))?.status == 0
    }

    @Test(
        "containers of a macvlan network have its addresses on the wire, and reach each other by name",
        .enabled("needs macvlan in the kernel") { await kernelHasMacvlan() })
    func macvlan() async throws {
        try await Self.withWire { wire in
            try await Sandbox.with { box in
                try await box.ok("pull", "-q", "busybox")
                try await box.ok(
                    "network", "create", "-d", "macvlan", "--subnet", "10.213.7.0/24", "--gateway", "10.213.7.1", "-o",
                    "parent=\(wire)", "wide")
                try await box.ok(
                    "run", "-d", "--name", "one", "--network", "wide", "--ip", "10.213.7.9", "busybox", "sleep", "600")
                let seen = try await box.ok(
                    "run", "--rm", "--network", "wide", "busybox", "sh", "-c",
                    "ping -c 1 -W 5 one | grep -c 'bytes from 10.213.7.9'; ip route | grep -c 'default via 10.213.7.1 dev eth0'"
                )
                #expect(seen == "1\n1")
                #expect(
                    try await box.ok("inspect", "-f", "{{.NetworkSettings.Networks.wide.IPAddress}}", "one")
                        == "10.213.7.9")
                let again = try await box.docker("network", "create", "-d", "macvlan", "-o", "parent=\(wire)", "second")
                #expect(
                    again.status == 1 && again.err.contains("network wide is already using parent interface \(wire)"))

                // Its link has no end on the host: it goes inside, and comes back.
                try await box.ok("network", "disconnect", "wide", "one")
                #expect(
                    try await box.ok("exec", "one", "sh", "-c", "ip link show eth0 >/dev/null 2>&1 || echo gone")
                        == "gone")
                try await box.ok("network", "connect", "wide", "one")
                #expect(try await box.ok("exec", "one", "ip", "-o", "link", "show", "eth0").contains("eth0"))

                // Another daemon on the same state takes it over.
                try await box.stopDaemon(SIGKILL)
                try await box.startDaemon()
                let after = try await box.ok(
                    "run", "--rm", "--network", "wide", "busybox", "sh", "-c",
                    "ping -c 1 -W 5 one | grep -c 'bytes from'")
                #expect(after == "1")
                try await box.ok("rm", "-f", "one")
                try await box.ok("network", "rm", "wide")
            }
        }
    }

    @Test("parents and modes that there aren't are refused with what there is")
    func refusals() async throws {
        try await Sandbox.with(mirror: false) { box in
            let cases = [
                (["-d", "macvlan", "-o", "parent=nothere0"], "there is no interface nothere0 on this host"),
                (
                    ["-d", "macvlan", "-o", "parent=nothere0.10"],
                    "failed to find master interface nothere0 on the Docker host"
                ),
                (
                    ["-d", "macvlan", "-o", "macvlan_mode=other"],
                    "requested macvlan option macvlan_mode 'other' is not valid"
                ),
                (["-d", "ipvlan", "-o", "ipvlan_mode=l4"], "requested ipvlan option ipvlan_mode 'l4' is not valid"),
            ]
            for (flags, sentence) in cases {
                let answer = try await box.shell("docker network create \(flags.joined(separator: " ")) x")
                #expect(answer.status == 1 && answer.err.contains(sentence), "\(answer)")
            }
            #expect(try await box.ok("network", "ls", "-q", "-f", "name=x") == "")
        }
    }
}
