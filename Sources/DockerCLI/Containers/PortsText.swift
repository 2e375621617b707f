import CommandLine
import JSON

/// The PORTS column: `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 90-92/udp`.
package enum PortsText {
    private struct Port {
        let ip: String, inside: Int, outside: Int, proto: String
        var key: String { ip.isEmpty ? proto : "\(ip)/\(proto)" }
    }

    package static func text(_ ports: JSON) -> String {
        let all = (ports.array ?? []).map {
            Port(
                ip: $0["IP"].string ?? "", inside: $0["PrivatePort"].int ?? 0, outside: $0["PublicPort"].int ?? 0,
                proto: $0["Type"].string ?? "tcp")
        }.sorted { ($0.inside, $0.ip, $0.outside, $0.proto) < ($1.inside, $1.ip, $1.outside, $1.proto) }
        var mapped: [String] = [], done: [String] = []
        var order: [String] = [], groups: [String: ClosedRange<Int>] = [:]
        for port in all {
            if !port.ip.isEmpty, port.outside != port.inside {
                mapped.append("\(joined(port.ip, "\(port.outside)"))->\(port.inside)/\(port.proto)")
                continue
            }
            guard let group = groups[port.key] else {
                groups[port.key] = port.inside...port.inside
                order.append(port.key)
                continue
            }
            if port.inside == group.upperBound + 1 {
                groups[port.key] = group.lowerBound...port.inside
            } else {
                done.append(text(port.key, group))
                groups[port.key] = port.inside...port.inside
            }
        }
        let last = order.compactMap { key in groups[key].map { text(key, $0) } }
        return (done + last + mapped).joined(separator: ", ")
    }

    private static func joined(_ ip: String, _ port: String) -> String {
        ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    /// A run of ports that are published on the same numbers, or not at all.
    private static func text(_ key: String, _ range: ClosedRange<Int>) -> String {
        let numbers = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        guard let (ip, proto) = key.cut("/") else { return "\(numbers)/\(key)" }
        return "\(joined(ip, numbers))->\(numbers)/\(proto)"
    }
}
