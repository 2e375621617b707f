import CommandLine

/// `[SOURCE:]TARGET[:OPTIONS]` of a volume.
enum VolumeText {
    struct Mount: Equatable {
        var source = "", target = "", isReadOnly = false, noCopy = false, propagation = "", selinux = ""
        var isBind: Bool { source.first.map { "./~".contains($0) } ?? false }
    }

    static func parse(_ text: String) throws(FlagValueError) -> Mount {
        guard !text.isEmpty else { throw FlagValueError("invalid empty volume spec") }
        var mount = Mount()
        let parts = split(text)
        guard parts.allSatisfy({ !$0.isEmpty }) else {
            throw FlagValueError("invalid spec: \(text): empty section between colons")
        }
        switch parts.count {
        case 1: mount.target = parts[0]
        case 2...: (mount.source, mount.target) = (parts[0], parts[1])
        default: break
        }
        guard parts.count <= 3 else { throw FlagValueError("invalid spec: \(text): too many colons") }
        if parts.count == 3 {
            for option in parts[2].parts(",") {
                switch option {
                case "ro": mount.isReadOnly = true
                case "rw": mount.isReadOnly = false
                case "nocopy": mount.noCopy = true
                case "rprivate", "private", "rshared", "shared", "rslave", "slave": mount.propagation = option
                case "z", "Z": mount.selinux = option
                default: break
                }
            }
        }
        return mount
    }

    /// At colons, but not at those inside `${…}`.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var depth = 0
        var last: Character = " "
        for character in text {
            if last == "$", character == "{" { depth += 1 }
            if character == "}", depth > 0 { depth -= 1 }
            if character == ":", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
            last = character
        }
        return parts
    }
}

/// `[IP:][HOST:]CONTAINER[/PROTOCOL]` of ports, each with ranges.
enum PortText {
    struct Mapping: Equatable {
        var address = "", published = "", target = 0, proto = "tcp"
    }

    static func parse(_ text: String) throws(FlagValueError) -> [Mapping] {
        let (body, proto) = text.cut("/") ?? (text, "tcp")
        guard ["tcp", "udp", "sctp"].contains(proto.lowercased()), !text.isEmpty else {
            throw FlagValueError("invalid proto: \(text.isEmpty ? "" : proto)")
        }
        var (address, host, container) = try split(body)
        guard !container.isEmpty else { throw FlagValueError("no port specified: \(text)<empty>") }
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        if !address.isEmpty, !IPText.isAddress(address) { throw FlagValueError("invalid IP address: \(address)") }
        guard let targets = range(container) else { throw FlagValueError("invalid containerPort: \(container)") }
        var publisheds: ClosedRange<Int>?
        if !host.isEmpty {
            guard let range = range(host) else { throw FlagValueError("invalid hostPort: \(host)") }
            publisheds = range
        }
        if let publisheds, publisheds.count != targets.count, targets.count != 1 {
            throw FlagValueError("invalid ranges specified for container and host Ports: \(container) and \(host)")
        }
        let mappings = targets.map { target -> Mapping in
            var published = ""
            if let publisheds {
                published =
                    publisheds.count == targets.count
                    ? "\(publisheds.lowerBound + target - targets.lowerBound)" : host
            }
            return Mapping(address: address, published: published, target: target, proto: proto.lowercased())
        }
        return mappings.sorted { "\($0.target)/\($0.proto)" < "\($1.target)/\($1.proto)" }
    }

    private static func split(_ body: String) throws(FlagValueError) -> (String, String, String) {
        if body.hasPrefix("["), let end = body.firstIndex(of: "]") {
            let rest = body[body.index(after: end)...].dropFirst()
            let ports = String(rest).parts(":")
            return (String(body[...end]), ports.count > 1 ? ports[0] : "", ports.last ?? "")
        }
        let parts = body.parts(":")
        switch parts.count {
        case 1: return ("", "", parts[0])
        case 2: return ("", parts[0], parts[1])
        default: return (parts.dropLast(2).joined(separator: ":"), parts[parts.count - 2], parts[parts.count - 1])
        }
    }

    private static func range(_ text: String) -> ClosedRange<Int>? {
        let ends = text.parts("-").map { Int($0) ?? -1 }
        guard (1...2).contains(ends.count), ends.allSatisfy({ (0...65_535).contains($0) }), let first = ends.first,
            let last = ends.last, first <= last
        else { return nil }
        return first...last
    }
}

enum IPText {
    static func isAddress(_ text: String) -> Bool {
        if text.contains(":") {
            return text.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 == 0x3A || $0 == 0x2E || ($0 | 0x20) &- 0x61 < 6 }
                && text.parts(":").count >= 3 && text.parts(":").count <= 9
                && text.parts(":").allSatisfy { $0.count <= 4 || $0.contains(".") }
        }
        let parts = text.parts(".")
        return parts.count == 4
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0 &- 0x30 < 10 } && (Int(part) ?? 256) < 256
            }
    }
}
