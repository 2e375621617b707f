import CommandLine
import Compose
import DockerCLI
import JSON

/// What a container has mounted: as binds where those say enough, as mounts otherwise.
struct MountSettings {
    private(set) var binds: [String] = []
    private(set) var mounts: [JSON] = []

    init(body: ContainerBody) throws {
        let (project, service) = (body.project, body.service)
        var targets: Set<String> = []
        for volume in service.json["volumes"].array ?? [] {
            var volume = volume
            let target = volume["target"].string ?? ""
            targets.insert(target)
            if volume["type"].string == "volume" {
                if let key = volume["source"].string {
                    volume["source"] = .string(project.volumes[key]?["name"].string ?? key)
                } else if let old = body.inherited[target] {
                    volume["source"] = old
                }
            }
            add(volume)
        }
        for (target, source) in body.inherited.sorted(by: { $0.key < $1.key }) where targets.insert(target).inserted {
            add(["type": "volume", "source": source, "target": .string(target)])
        }
        for reference in try FileReferences.all(project, service) where reference.content == nil {
            guard targets.insert(reference.target).inserted else { continue }
            mounts.append([
                "Type": "bind", "Source": .string(reference.file), "Target": .string(reference.target),
                "ReadOnly": true,
            ])
        }
    }

    private mutating func add(_ volume: JSON) {
        let target = volume["target"].string ?? "", source = volume["source"].string ?? ""
        let type = volume["type"].string ?? "volume", isReadOnly = volume["read_only"].bool ?? false
        let bind = volume["bind"], own = volume["volume"]
        let isPlainBind =
            type == "bind" && bind["create_host_path"].bool != false && bind["propagation"].isNull
            && bind["recursive"].isNull
        let isPlainVolume =
            type == "volume" && !source.isEmpty && own["labels"].isNull && own["subpath"].isNull
            && own["nocopy"].bool != true
        if isPlainBind || isPlainVolume {
            var options = [isReadOnly ? "ro" : "rw"]
            if let label = bind["selinux"].string { options.append(label) }
            binds.append("\(source):\(target):\(options.joined(separator: ","))")
            return
        }
        var mount: JSON = ["Type": .string(type), "Target": .string(target)]
        if !source.isEmpty { mount["Source"] = .string(source) }
        if isReadOnly { mount["ReadOnly"] = true }
        if let consistency = volume["consistency"].string { mount["Consistency"] = .string(consistency) }
        switch type {
        case "bind":
            var options: JSON = ["CreateMountpoint": .bool(bind["create_host_path"].bool ?? false)]
            if let propagation = bind["propagation"].string { options["Propagation"] = .string(propagation) }
            let recursive = [
                "disabled": "NonRecursive", "writable": "ReadOnlyNonRecursive", "readonly": "ReadOnlyForceRecursive",
            ]
            if let key = bind["recursive"].string.flatMap({ recursive[$0] }) { options[key] = true }
            mount["BindOptions"] = options
        case "volume":
            var options: JSON = [:]
            if own["nocopy"].bool == true { options["NoCopy"] = true }
            if let path = own["subpath"].string { options["Subpath"] = .string(path) }
            if !own["labels"].isNull { options["Labels"] = own["labels"] }
            if options.object?.isEmpty == false { mount["VolumeOptions"] = options }
        case "tmpfs":
            var options: JSON = [:]
            if let size = volume["tmpfs", "size"].string.flatMap({ Int64($0) }) { options["SizeBytes"] = .int(size) }
            if let mode = volume["tmpfs", "mode"].int { options["Mode"] = .int(Int64(mode)) }
            if options.object?.isEmpty == false { mount["TmpfsOptions"] = options }
        case "image":
            if let path = volume["image", "subpath"].string { mount["ImageOptions"] = ["Subpath": .string(path)] }
        default: break
        }
        mounts.append(mount)
    }
}
