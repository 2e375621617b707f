import CommandLine
import JSON

extension CommandTree {
    static func port() -> DockerCommand {
        DockerCommand(
            "port", "List port mappings or a specific mapping for the container",
            usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
            spellings: ["docker container port", "docker port"], count: .range(1, 2), options: 0,
            completes: .containers(all: false)
        ) { _, parsed, session in
            let name = parsed.arguments[0]
            let container = try await session.client.get("/containers/\(PercentEncoding.path(name))/json")
            let ports = container["NetworkSettings", "Ports"].object ?? JSONObject()
            func address(_ binding: JSON) -> String {
                let ip = binding["HostIp"].string ?? ""
                return (ip.contains(":") ? "[\(ip)]" : ip) + ":" + (binding["HostPort"].string ?? "")
            }
            guard parsed.arguments.count == 2 else {
                let lines = ports.flatMap { port, bindings in (bindings.array ?? []).map { "\(port) -> \(address($0))" }
                }
                for line in NaturalOrder.sorted(lines) { session.out.line(line) }
                return 0
            }
            let wanted = parsed.arguments[1]
            let (number, proto) = wanted.cut("/") ?? (wanted, "tcp")
            guard PortSpec.range(number).map({ $0.count == 1 }) ?? false else {
                throw Failure("Error: invalid port (\(wanted)): invalid port: '\(number)': invalid syntax")
            }
            guard let bindings = ports["\(number)/\(proto)"]?.array, !bindings.isEmpty else {
                throw Failure("Error: No public port '\(wanted)' published for \(name)")
            }
            for line in NaturalOrder.sorted(bindings.map(address)) { session.out.line(line) }
            return 0
        }
    }
}

/// Orders texts with numbers as people do: 80 before 443.
enum NaturalOrder {
    static func sorted(_ lines: [String]) -> [String] { lines.sorted(by: precedes) }

    static func precedes(_ a: String, _ b: String) -> Bool { key(a).lexicographicallyPrecedes(key(b)) }

    /// Runs of digits padded, so that comparing texts compares numbers.
    private static func key(_ line: String) -> [UInt8] {
        var out: [UInt8] = [], digits: [UInt8] = []
        func flush() {
            if !digits.isEmpty { out += [UInt8](repeating: 0x30, count: max(0, 10 - digits.count)) + digits }
            digits = []
        }
        for byte in line.utf8 {
            if byte &- 0x30 < 10 {
                digits.append(byte)
            } else {
                flush()
                out.append(byte)
            }
        }
        flush()
        return out
    }
}
