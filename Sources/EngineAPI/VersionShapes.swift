import Fault
import JSON

// Where an answer's shape differs between API 1.44 and 1.51. The engine speaks 1.51; what older clients expect is put
// back here, and nowhere else.

extension APIVersion {
    /// 1.45 dropped `Container` and `ContainerConfig`; 1.50 dropped the members of `Config` that mean nothing for an image.
    func imageInspection(_ image: JSON) -> JSON {
        var image = image
        if self < APIVersion(major: 1, minor: 50), var config = image["Config"].object {
            for (name, value) in Self.unusedConfig where config[name] == nil { config[name] = value }
            image["Config"] = .object(config)
        }
        if self < APIVersion(major: 1, minor: 45) {
            image["Container"] = ""
            image["ContainerConfig"] = .object(
                JSONObject(Self.unusedConfig + [("Env", nil), ("Cmd", nil), ("Image", ""), ("Labels", nil)]))
        }
        if self < APIVersion(major: 1, minor: 48) { image.remove("Descriptor") }
        return image
    }

    private static let unusedConfig: [(String, JSON)] = [
        ("Hostname", ""), ("Domainname", ""), ("AttachStdin", false), ("AttachStdout", false), ("AttachStderr", false),
        ("Tty", false), ("OpenStdin", false), ("StdinOnce", false),
    ]

    /// 1.49 dropped `Expected` and told of the firewall, 1.50 dropped the two bridge members. What 1.47 dropped of
    /// the registries' settings was there without a value.
    func info(_ info: JSON) -> JSON {
        var info = info
        if self < APIVersion(major: 1, minor: 50) {
            for name in ["BridgeNfIptables", "BridgeNfIp6tables"] { info[name] = false }
        }
        if self < APIVersion(major: 1, minor: 49) {
            for name in ["ContainerdCommit", "RuncCommit", "InitCommit"] { info[name]["Expected"] = info[name]["ID"] }
            info.remove("FirewallBackend")
        }
        if self < APIVersion(major: 1, minor: 47) {
            for name in ["AllowNondistributableArtifactsCIDRs", "AllowNondistributableArtifactsHostnames"] {
                info["RegistryConfig"][name] = .null
            }
        }
        return info
    }

    /// 1.46 added annotations.
    func containerList(_ list: [JSON]) -> [JSON] {
        guard self < APIVersion(major: 1, minor: 46) else { return list }
        return list.map { container in
            var container = container
            container["HostConfig"].remove("Annotations")
            return container
        }
    }

    /// Before 1.45 a container's ID and host name stood among its aliases on networks that users made.
    func containerInspection(_ container: JSON) -> JSON {
        guard self < APIVersion(major: 1, minor: 45),
            var networks = container["NetworkSettings"]["Networks"].object
        else { return container }
        var container = container
        let own = [
            String((container["Id"].string ?? "").prefix(12)), container["Config"]["Hostname"].string ?? "",
        ]
        for name in networks.names where !["bridge", "host", "none", "default"].contains(name) {
            let aliases = (networks[name]?["Aliases"].strings ?? []) + own
            var seen: Set<String> = []
            networks[name]?["Aliases"] = JSON(aliases.filter { seen.insert($0).inserted })
        }
        container["NetworkSettings"]["Networks"] = .object(networks)
        return container
    }

    /// 1.51 counts the containers of an image; before, the member meant nothing.
    func imageList(_ list: [JSON]) -> [JSON] {
        guard self < APIVersion(major: 1, minor: 51) else { return list }
        return list.map { image in
            var image = image
            image["Containers"] = -1
            return image
        }
    }

    /// 1.48 added networks without IPv4.
    func networkCreation(_ body: JSON) -> JSON {
        guard self < APIVersion(major: 1, minor: 48) else { return body }
        var body = body
        body.remove("EnableIPv4")
        return body
    }

    /// 1.46 added the event that an image was made.
    func shows(_ event: JSON) -> Bool {
        self >= APIVersion(major: 1, minor: 46) || event["Type"].string != "image"
            || event["Action"].string != "create"
    }

    /// What a creation is warned of since 1.48; older clients said so themselves.
    func creationWarnings(_ body: JSON) -> [JSON] {
        let host = body["HostConfig"]
        guard self >= APIVersion(major: 1, minor: 48), !(host["VolumeDriver"].string ?? "").isEmpty,
            (host["Mounts"].array ?? []).contains(where: {
                $0["Type"].string == "volume" && ($0["VolumeOptions"]["DriverConfig"]["Name"].string ?? "").isEmpty
            })
        else { return [] }
        return [
            "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead"
        ]
    }

    /// What older clients couldn't mean when they sent it: refused where dockerd refuses it, else taken out.
    func creation(_ body: JSON) throws(Fault) -> JSON {
        var body = body
        let mounts = body["HostConfig"]["Mounts"].array ?? []
        if self < APIVersion(major: 1, minor: 45),
            mounts.contains(where: { !($0["VolumeOptions"]["Subpath"].string ?? "").isEmpty })
        {
            throw Fault(.invalid, "VolumeOptions.Subpath needs API v1.45 or newer")
        }
        guard self < APIVersion(major: 1, minor: 48) else { return body }
        if mounts.contains(where: { $0["Type"].string == "image" }) {
            throw Fault(.invalid, "Mount type \"Image\" needs API v1.48 or newer")
        }
        if var endpoints = body["NetworkingConfig"]["EndpointsConfig"].object {
            for name in endpoints.names where endpoints[name]?["GwPriority"].int != nil {
                endpoints[name]?["GwPriority"] = 0
            }
            body["NetworkingConfig"]["EndpointsConfig"] = .object(endpoints)
        }
        return body
    }

    /// Whether lists of images show their manifests where that is asked for.
    var listsManifests: Bool { self >= APIVersion(major: 1, minor: 47) }

    /// Whether streams of several outputs name themselves `multiplexed`.
    var namesMultiplexedStreams: Bool { self >= APIVersion(major: 1, minor: 42) }
}
