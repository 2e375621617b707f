import CommandLine
import JSON

/// `-p [IP:][HOST]:CONTAINER[/PROTOCOL]`, with ranges.
enum PortSpec {
    struct Binding: Equatable {
        /// `80/tcp`.
        let port: String
        let hostIP: String
        /// Empty: any free port. May be a range to pick from.
        let hostPort: String
    }

    static func parse(_ text: String) throws -> [Binding] {
        let plain = try standardNotation(text)
        let (ip, host, container) = split(plain)
        let (rangeText, suffix) = container.cut("/") ?? (container, "tcp")
        guard !rangeText.isEmpty else { throw Failure("no port specified: \(plain)<empty>") }
        var address = ip
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        guard address.isEmpty || CreateValue.isAddress(address) else { throw Failure("invalid IP address: \(ip)") }
        guard let ports = range(rangeText) else { throw Failure("invalid containerPort: \(rangeText)") }
        let proto = suffix.lowercased()
        guard ["tcp", "udp", "sctp"].contains(proto) else { throw Failure("invalid proto: \(proto)") }
        guard !host.isEmpty else {
            return ports.map { Binding(port: "\($0)/\(proto)", hostIP: address, hostPort: "") }
        }
        guard let hosts = range(host) else { throw Failure("invalid hostPort: \(host)") }
        if hosts.count != ports.count {
            // One port of the container may take any port of a range.
            guard ports.count == 1 else {
                throw Failure("invalid ranges specified for container and host Ports: \(rangeText) and \(host)")
            }
            return [Binding(port: "\(ports.lowerBound)/\(proto)", hostIP: address, hostPort: host)]
        }
        return zip(ports, hosts).map { Binding(port: "\($0)/\(proto)", hostIP: address, hostPort: "\($1)") }
    }

    /// `published=8080,target=80` in the short form.
    private static func standardNotation(_ text: String) throws -> String {
        guard text.contains("=") else { return text }
        var fields = ["protocol": "tcp"]
        for field in text.parts(",") {
            guard let (name, value) = field.cut("="), !name.isEmpty else {
                throw Failure("invalid publish opts format (should be name=value but got '\(field)')")
            }
            fields[name] = value
        }
        return "\(fields["published"] ?? ""):\(fields["target"] ?? "")/\(fields["protocol"] ?? "")"
    }

    private static func split(_ text: String) -> (ip: String, host: String, container: String) {
        var parts = text.parts(":")
        let container = parts.removeLast()
        guard let host = parts.popLast() else { return ("", "", container) }
        return (parts.joined(separator: ":"), host, container)
    }

    /// `80` or `80-82`; nil for anything else.
    static func range(_ text: String) -> ClosedRange<Int>? {
        let (first, last) = text.cut("-") ?? (text, text)
        guard let from = number(first), let to = number(last), from <= to else { return nil }
        return from...to
    }

    private static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let value = Int(text), value <= 65_535
        else { return nil }
        return value
    }

    /// `--expose`: a port or range without host part.
    static func exposed(_ text: String) throws -> [String] {
        guard !text.contains(":") else { throw Failure("invalid port format for --expose: \(text)") }
        let (ports, proto) = text.cut("/") ?? (text, "tcp")
        guard let range = range(ports) else {
            throw Failure("invalid range format for --expose: \(text), error: \(fault(ports))")
        }
        return range.map { "\($0)/\(proto.isEmpty ? "tcp" : proto.lowercased())" }
    }

    /// What is wrong with a range, in Go's words.
    private static func fault(_ ports: String) -> String {
        let ends = ports.cut("-").map { [$0.0, $0.1] } ?? [ports]
        for end in ends where number(end) == nil {
            let reason = !end.isEmpty && end.allSatisfy(\.isNumber) ? "value out of range" : "invalid syntax"
            return ports.isEmpty
                ? "empty string specified for ports"
                : "strconv.ParseUint: parsing \(GoText.quote(end)): \(reason)"
        }
        return "invalid range specified for port: \(ports)"
    }
}
