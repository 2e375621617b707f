import CommandLine
import Fault
import JSON

// RUN, COPY and ADD: the instructions with here-documents.
extension InstructionParser {
    func transfer(_ flags: Flags, isAdd: Bool, _ documents: [HereDocument]) throws(Fault) -> Transfer {
        let keyword = isAdd ? "ADD" : "COPY"
        let own = isAdd ? ["checksum", "keep-git-dir", "unpack"] : ["from", "parents"]
        try flags.check(known: ["chown", "chmod", "link", "exclude"] + own, repeatable: ["exclude"])
        var words = Words.list(flags.rest) ?? Words.split(flags.rest, escape: escape)
        guard words.count > 1, let last = words.popLast() else {
            throw Fault(
                .invalid,
                "\(keyword) requires at least two arguments, but only one was provided. Destination could not be determined."
            )
        }
        let names = words.compactMap { HereDocument.nameMarked(by: $0) }
        guard names.count == documents.count else {
            throw Fault(.invalid, "\(keyword) takes here-documents as sources only")
        }
        var transfer = Transfer(
            isAdd: isAdd, sources: words.filter { HereDocument.nameMarked(by: $0) == nil }, documents: documents,
            destination: last)
        transfer.from = try flags.text("from")
        transfer.owner = try flags.text("chown")
        transfer.mode = try flags.text("chmod")
        transfer.link = try flags.bool("link") ?? false
        transfer.parents = try flags.bool("parents") ?? false
        transfer.excludes = try flags.all("exclude")
        transfer.checksum = try flags.text("checksum")
        transfer.unpack = try flags.bool("unpack")
        transfer.keepsGitFolder = try flags.bool("keep-git-dir") ?? false
        return transfer
    }

    func run(_ flags: Flags, _ documents: [HereDocument]) throws(Fault) -> Run {
        try flags.check(known: ["mount", "network", "security"], repeatable: ["mount"])
        guard !flags.rest.isEmpty else { throw Fault(.invalid, "RUN requires at least one argument") }
        var run = Run(command: Words.command(flags.rest), documents: documents)
        if let network = try flags.text("network") {
            guard ["default", "none", "host"].contains(network) else {
                throw Fault(.invalid, "invalid network mode \(JSON(network).text): it is default, none or host")
            }
            run.network = network
        }
        if let security = try flags.text("security") {
            guard ["sandbox", "insecure"].contains(security) else {
                throw Fault(.invalid, "security \(JSON(security).text) is not valid: it is sandbox or insecure")
            }
            run.security = security
        }
        run.mounts = try flags.all("mount").map { (text) throws(Fault) in try MountParser.parse(text) }
        return run
    }
}

/// `--mount=type=…,target=…` (Dockerfile reference, "RUN --mount").
enum MountParser {
    static func parse(_ text: String) throws(Fault) -> RunMount {
        guard !text.isEmpty else { throw Fault(.invalid, "failed to parse csv mounts: EOF") }
        var mount = RunMount()
        let fields = text.split(separator: ",", omittingEmptySubsequences: true).map(String.init)
        for field in fields {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            try set(parts[0].lowercased(), parts.count > 1 ? parts[1] : nil, field, &mount)
        }
        if mount.size != nil, mount.kind != .tmpfs {
            throw Fault(.invalid, "unexpected key 'size' for mount type '\(mount.kind.rawValue)'")
        }
        if mount.target.isEmpty, mount.kind != .secret, mount.kind != .ssh {
            throw Fault(.invalid, "target is required for \(mount.kind.rawValue) mounts")
        }
        if mount.from != nil, mount.kind != .bind, mount.kind != .cache {
            throw Fault(.invalid, "\(mount.kind.rawValue) mount should not have a from")
        }
        if mount.kind == .cache, mount.id.isEmpty { mount.id = mount.target }
        return mount
    }

    private static func set(
        _ key: String, _ value: String?, _ field: String, _ mount: inout RunMount
    ) throws(Fault) {
        switch key {
        case "ro", "readonly": mount.isReadOnly = try bool(key, value)
        case "rw", "readwrite": mount.isReadOnly = try !bool(key, value)
        case "required": mount.required = try bool(key, value)
        default:
            guard let value else { throw Fault(.invalid, "invalid field '\(field)' must be a key=value pair") }
            try setText(key, value, &mount)
        }
    }

    private static let keys = [
        "type", "from", "source", "target", "readonly", "id", "sharing", "required", "size", "mode", "uid", "gid",
        "env",
    ]

    private static func setText(_ key: String, _ value: String, _ mount: inout RunMount) throws(Fault) {
        switch key {
        case "type":
            guard let kind = RunMount.Kind(rawValue: value) else {
                let near = Nearest.name(to: value, among: RunMount.Kind.allCases.map(\.rawValue))
                throw Fault(
                    .invalid,
                    "unsupported mount type \(JSON(value).text)\(near.map { " (did you mean \($0)?)" } ?? "")")
            }
            mount.kind = kind
        case "target", "dst", "destination": mount.target = value
        case "source", "src": mount.source = value
        case "from": mount.from = value
        case "id": mount.id = value
        case "env": mount.environment = value
        case "sharing":
            guard let sharing = RunMount.Sharing(rawValue: value) else {
                throw Fault(.invalid, "unsupported sharing value \(JSON(value).text)")
            }
            mount.sharing = sharing
        case "mode":
            guard let mode = UInt32(value, radix: 8), mode <= 0o7777 else {
                throw Fault(.invalid, "invalid value \(value) for mode")
            }
            mount.mode = mode
        case "uid", "gid":
            guard let number = UInt32(value) else { throw Fault(.invalid, "invalid value \(value) for \(key)") }
            if key == "uid" { mount.uid = number } else { mount.gid = number }
        case "size":
            guard let size = Units.parseBinarySize(value) else {
                throw Fault(.invalid, "invalid value for size: \(value)")
            }
            mount.size = size
        default:
            let near = Nearest.name(to: key, among: keys).map { " (did you mean \($0)?)" } ?? ""
            throw Fault(.invalid, "unexpected key '\(key)' in '\(key)=\(value)'\(near)")
        }
    }

    private static func bool(_ key: String, _ value: String?) throws(Fault) -> Bool {
        switch value?.lowercased() {
        case nil, "true", "1", "t": return true
        case "false", "0", "f": return false
        case .some(let other): throw Fault(.invalid, "invalid value for \(key): \(other)")
        }
    }
}
