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

    /// 1.50 dropped the two bridge members.
    func info(_ info: JSON) -> JSON {
        guard self < APIVersion(major: 1, minor: 50) else { return info }
        var info = info
        for name in ["BridgeNfIptables", "BridgeNfIp6tables"] where info[name].isNull { info[name] = true }
        return info
    }

    /// Whether streams of several outputs name themselves `multiplexed`.
    var namesMultiplexedStreams: Bool { self >= APIVersion(major: 1, minor: 42) }
}
