import CommandLine
import Glibc
import JSON

/// `--mount`: a mount as the API takes it.
struct MountSpec: Sendable, Equatable {
    let json: JSON
    var target: String { json["Target"].string ?? "" }

    init(parsing text: String) throws {
        var mount = Fields()
        let fields = CommaFields.split(text)
        for field in fields { try mount.read(field) }
        json = try mount.finished()
    }

    private struct Fields {
        var kind = "volume", source = "", target = "", consistency = ""
        var readOnly = false
        var bind: JSON = [:], volume: JSON = [:], image: JSON = [:], tmpfs: JSON = [:]
        var recursive = ""

        mutating func read(_ field: String) throws {
            let key = (field.cut("=")?.0 ?? field).lowercased()
            guard let value = field.cut("=")?.1 else {
                switch key {
                case "readonly", "ro": readOnly = true
                case "volume-nocopy": volume["NoCopy"] = true
                case "bind-nonrecursive": bind["NonRecursive"] = true
                case "bind-create-src": bind["CreateMountpoint"] = true
                default: throw FlagValueError("invalid field '\(field)' must be a key=value pair")
                }
                return
            }
            switch key {
            case "type": kind = value.lowercased()
            case "source", "src": source = value.hasPrefix(".") ? HostPath.absolute(value) : value
            case "target", "dst", "destination": target = value
            case "readonly", "ro": readOnly = try flag(key, value)
            case "consistency": consistency = value.lowercased()
            case "bind-propagation": bind["Propagation"] = .string(value.lowercased())
            case "bind-nonrecursive": bind["NonRecursive"] = .bool(try flag(key, value))
            case "bind-recursive": recursive = value
            case "bind-create-src": bind["CreateMountpoint"] = .bool(try flag(key, value))
            case "volume-nocopy": volume["NoCopy"] = .bool(try flag(key, value))
            case "volume-subpath": volume["Subpath"] = .string(value)
            case "volume-label": volume["Labels"][value.cut("=")?.0 ?? value] = .string(value.cut("=")?.1 ?? "")
            case "volume-driver": volume["DriverConfig"]["Name"] = .string(value)
            case "volume-opt":
                volume["DriverConfig"]["Options"][value.cut("=")?.0 ?? value] = .string(value.cut("=")?.1 ?? "")
            case "image-subpath": image["Subpath"] = .string(value)
            case "tmpfs-size":
                guard let size = Units.parseBinarySize(value) else {
                    throw FlagValueError("invalid value for \(key): \(value)")
                }
                tmpfs["SizeBytes"] = .int(size)
            case "tmpfs-mode":
                guard let mode = Int64(value, radix: 8) else {
                    throw FlagValueError("invalid value for \(key): \(value)")
                }
                tmpfs["Mode"] = .int(mode)
            default: throw FlagValueError("unexpected key '\(key)' in '\(field)'")
            }
        }

        private func flag(_ key: String, _ value: String) throws -> Bool {
            do { return try GoValue.bool(value) } catch { throw FlagValueError("invalid value for \(key): \(value)") }
        }

        mutating func finished() throws -> JSON {
            guard !kind.isEmpty else { throw FlagValueError("type is required") }
            guard !target.isEmpty else { throw FlagValueError("target is required") }
            let groups: [(String, JSON, String, String)] = [
                ("volume", volume, "VolumeOptions", "volume-*"), ("bind", bind, "BindOptions", "bind-*"),
                ("tmpfs", tmpfs, "TmpfsOptions", "tmpfs-*"), ("image", image, "ImageOptions", "image-*"),
            ]
            for (owner, options, _, name) in groups where options != [:] && owner != kind {
                throw FlagValueError("cannot mix '\(name)' options with mount type '\(kind)'")
            }
            try applyRecursion()
            var mount: JSON = ["Type": .string(kind)]
            if !source.isEmpty { mount["Source"] = .string(source) }
            mount["Target"] = .string(target)
            if readOnly { mount["ReadOnly"] = true }
            if !consistency.isEmpty { mount["Consistency"] = .string(consistency) }
            for (owner, options, field, _) in [groups[0], ("bind", bind, "BindOptions", ""), groups[2], groups[3]]
            where owner == kind && options != [:] {
                mount[field] = options.withSortedOptions
            }
            return mount
        }

        private mutating func applyRecursion() throws {
            switch recursive {
            case "", "enabled": break
            case "disabled": bind["NonRecursive"] = true
            case "writable":
                guard readOnly else { throw FlagValueError("option 'bind-recursive=writable' requires 'readonly'") }
                bind["ReadOnlyNonRecursive"] = true
            case "readonly":
                guard readOnly else { throw FlagValueError("option 'bind-recursive=readonly' requires 'readonly'") }
                bind["ReadOnlyForceRecursive"] = true
                guard bind["Propagation"].string == "rprivate" else {
                    throw FlagValueError("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate'")
                }
            default:
                throw FlagValueError(
                    "invalid value for bind-recursive: \(recursive) (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"
                )
            }
        }
    }
}

extension JSON {
    fileprivate var withSortedOptions: JSON {
        guard let options = self["DriverConfig", "Options"].object else { return self }
        var copy = self
        copy["DriverConfig"]["Options"] = .object(options.sortedByKey())
        return copy
    }
}

/// Paths of the machine that the client runs on.
enum HostPath {
    /// Absolute and without `.`, `..` and doubled slashes; links stay as they are.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return clean(path) }
        guard let folder = getcwd(nil, 0) else { return clean("/" + path) }
        defer { free(folder) }
        return clean(String(cString: folder) + "/" + path)
    }

    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { if !parts.isEmpty { parts.removeLast() } } else { parts.append(part) }
        }
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }
}
