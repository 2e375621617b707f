import Fault
import JSON

/// What a container asks to have mounted: `-v`, `--mount`, `--volumes-from` and the image's `VOLUME`s as one list, one
/// entry a destination. Volumes have their names but no folder yet; an empty name asks for an anonymous one.
enum MountRequests {
    /// `donor` gives the mounts of a container named by `--volumes-from`.
    static func collect(
        config: JSON, host: JSON, donor: (String) throws(Fault) -> [ContainerRecord.MountPoint]
    ) throws(Fault) -> [ContainerRecord.MountPoint] {
        var byDestination: [String: ContainerRecord.MountPoint] = [:]
        for entry in host["VolumesFrom"].strings {
            let (ref, mode) = try volumesFrom(entry)
            for var point in try donor(ref) {
                point.copiesUp = false
                if mode.contains("ro") { point.isWritable = false }
                byDestination[point.destination] = point
            }
        }
        var asked: Set<String> = []
        func take(_ point: ContainerRecord.MountPoint) throws(Fault) {
            guard asked.insert(point.destination).inserted else {
                throw Fault(.invalid, "Duplicate mount point: \(point.destination)")
            }
            byDestination[point.destination] = point
        }
        for bind in host["Binds"].strings { try take(try self.bind(bind, driver: host["VolumeDriver"].string ?? "")) }
        for (path, _) in host["Tmpfs"].object ?? JSONObject() {
            guard path.hasPrefix("/") else {
                throw Fault(.invalid, "invalid mount path: '\(path)' mount path must be absolute")
            }
            guard clean(path) != "/" else { throw Fault(.invalid, "invalid specification: destination can't be '/'") }
            guard asked.insert(clean(path)).inserted else { throw Fault(.invalid, "Duplicate mount point: \(path)") }
            byDestination[clean(path)] = nil
        }
        for mount in host["Mounts"].array ?? [] { try take(try self.mount(mount)) }
        for (path, _) in config["Volumes"].object ?? JSONObject() {
            guard path.hasPrefix("/"), clean(path) != "/" else {
                throw Fault(.invalid, "invalid volume specification: '\(path)'")
            }
            if byDestination[clean(path)] != nil || asked.contains(clean(path)) { continue }
            byDestination[clean(path)] = anonymous(clean(path), driver: host["VolumeDriver"].string ?? "")
        }
        return byDestination.values.sorted { $0.destination < $1.destination }
    }

    private static func anonymous(_ destination: String, driver: String) -> ContainerRecord.MountPoint {
        var point = ContainerRecord.MountPoint(kind: .volume, destination: destination)
        point.driver = driver.isEmpty ? "local" : driver
        point.isAnonymous = true
        point.copiesUp = true
        return point
    }

    // MARK: -v

    private static let propagations: Set<String> = ["shared", "rshared", "slave", "rslave", "private", "rprivate"]

    /// `SOURCE:DESTINATION[:OPTIONS]`; a source without slash is a volume's name.
    static func bind(_ text: String, driver: String) throws(Fault) -> ContainerRecord.MountPoint {
        let fault = Fault(.invalid, "invalid volume specification: '\(text)'")
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { throw fault }
        let destination = parts.count == 1 ? parts[0] : parts[1]
        let kind = parts.count > 1 && parts[0].hasPrefix("/") ? "bind" : "volume"
        func refusal(_ why: String) -> Fault {
            Fault(.invalid, "\(fault.message): invalid mount config for type \"\(kind)\": \(why)")
        }
        guard clean(destination) != "/" else { throw refusal("invalid specification: destination can't be '/'") }
        guard destination.hasPrefix("/") else {
            throw refusal("invalid mount path: '\(destination)' mount path must be absolute")
        }
        if parts.count == 1 { return anonymous(clean(destination), driver: driver) }
        let isBind = parts[0].hasPrefix("/")
        var point = ContainerRecord.MountPoint(kind: isBind ? .bind : .volume, destination: clean(destination))
        if isBind {
            point.source = clean(parts[0])
            point.propagation = "rprivate"
            // `-v` makes the folder when there is none; `--mount` doesn't.
            point.options = ["CreateMountpoint": true]
        } else {
            try VolumeName.check(parts[0])
            point.name = parts[0]
            point.driver = driver.isEmpty ? "local" : driver
            point.copiesUp = true
        }
        point.mode = parts.count == 3 ? parts[2] : ""
        try apply(mode: point.mode, to: &point)
        if !isBind, point.mode.isEmpty { point.mode = "z" }
        return point
    }

    private static func apply(mode: String, to point: inout ContainerRecord.MountPoint) throws(Fault) {
        var seen: Set<String> = []
        for word in mode.split(separator: ",", omittingEmptySubsequences: true).map(String.init) {
            let group: String
            switch word {
            case "ro", "rw":
                point.isWritable = word == "rw"
                group = "access"
            case "z", "Z": group = "label"
            case "nocopy":
                guard point.kind == .volume else {
                    throw Fault(
                        .invalid,
                        "invalid volume specification: '\(point.source):\(point.destination):\(mode)': invalid mount config for type \"bind\": field VolumeOptions must not be specified"
                    )
                }
                point.copiesUp = false
                group = "copy"
            case "cached", "delegated", "consistent", "default": group = "consistency"
            case _ where propagations.contains(word) && point.kind == .bind:
                point.propagation = word
                group = "propagation"
            default: throw Fault(.invalid, "invalid mode: \(mode)")
            }
            guard seen.insert(group).inserted else { throw Fault(.invalid, "invalid mode: \(mode)") }
        }
    }

    private static func volumesFrom(_ text: String) throws(Fault) -> (ref: String, mode: Set<String>) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let ref = parts.first else {
            throw Fault(.invalid, "volumes-from specification cannot be an empty string")
        }
        let words = Set((parts.count > 1 ? parts[1] : "rw").split(separator: ",").map(String.init))
        guard words.isSubset(of: ["ro", "rw", "z", "Z"]) else { throw Fault(.invalid, "invalid mode: \(parts[1])") }
        return (ref, words)
    }

    // MARK: --mount

    /// The Engine API's Mount.
    static func mount(_ json: JSON) throws(Fault) -> ContainerRecord.MountPoint {
        let type = json["Type"].string ?? ""
        func fault(_ why: String) -> Fault { Fault(.invalid, "invalid mount config for type \"\(type)\": \(why)") }
        guard let kind = ContainerRecord.MountPoint.Kind(rawValue: type) else {
            throw Fault(.invalid, "invalid mount config for type \"\(type)\": mount type unknown")
        }
        let target = json["Target"].string ?? "", source = json["Source"].string ?? ""
        guard !target.isEmpty else { throw fault("field Target must not be empty") }
        guard target.hasPrefix("/") else { throw fault("invalid mount path: '\(target)' mount path must be absolute") }
        guard clean(target) != "/" else { throw fault("invalid specification: destination can't be '/'") }
        for (member, owner) in [
            ("BindOptions", "bind"), ("VolumeOptions", "volume"), ("TmpfsOptions", "tmpfs"), ("ImageOptions", "image"),
        ] where owner != type && json[member].object != nil {
            throw fault("field \(member) must not be specified")
        }
        var point = ContainerRecord.MountPoint(kind: kind, destination: clean(target))
        point.isWritable = json["ReadOnly"].bool != true
        switch kind {
        case .bind: try bindOptions(&point, source, json["BindOptions"], fault)
        case .volume:
            let subpath = json["VolumeOptions"]["Subpath"].string ?? ""
            if !subpath.isEmpty {
                guard !source.isEmpty else { throw fault("must not set Subpath when using anonymous volumes") }
                guard isLocal(subpath) else { throw fault("subpath must be a relative path within the volume") }
            }
            if !point.isWritable, source.isEmpty {
                throw fault("must not set ReadOnly mode when using anonymous volumes")
            }
            volumeOptions(&point, source, json["VolumeOptions"])
        case .tmpfs:
            guard source.isEmpty else { throw fault("field Source must not be specified") }
            point.options = json["TmpfsOptions"]
        case .image:
            guard !source.isEmpty else { throw fault("field Source must not be empty") }
            let subpath = json["ImageOptions"]["Subpath"].string ?? ""
            guard subpath.isEmpty || isLocal(subpath) else {
                throw fault("subpath must be a relative path within the volume")
            }
            (point.name, point.subpath, point.isWritable, point.propagation) = (source, subpath, false, "rprivate")
        }
        return point
    }

    private static func isLocal(_ path: String) -> Bool {
        !path.hasPrefix("/") && clean("/" + path) != "/" && !path.split(separator: "/").contains("..")
    }

    private static func bindOptions(
        _ point: inout ContainerRecord.MountPoint, _ source: String, _ options: JSON, _ fault: (String) -> Fault
    ) throws(Fault) {
        guard !source.isEmpty else { throw fault("field Source must not be empty") }
        guard source.hasPrefix("/") else {
            throw fault("invalid mount path: '\(source)' mount path must be absolute")
        }
        point.source = clean(source)
        point.options = options
        let propagation = options["Propagation"].string ?? ""
        guard propagation.isEmpty || propagations.contains(propagation) else {
            throw fault("invalid propagation mode: \(propagation)")
        }
        point.propagation = propagation.isEmpty ? "rprivate" : propagation
    }

    private static func volumeOptions(_ point: inout ContainerRecord.MountPoint, _ source: String, _ options: JSON) {
        point.name = source
        point.isAnonymous = source.isEmpty
        point.copiesUp = options["NoCopy"].bool != true
        point.subpath = options["Subpath"].string ?? ""
        let driver = options["DriverConfig"]["Name"].string ?? ""
        point.driver = driver.isEmpty ? "local" : driver
        point.mode = "z"
        point.options = options
    }

    /// The path without empty parts, `.` and `..`.
    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
