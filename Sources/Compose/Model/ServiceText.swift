import CommandLine
import JSON

/// Short forms of single attributes, as command lines have them, in their normal form.
package enum ServiceText {
    /// `[IP:][HOST:]CONTAINER[/PROTOCOL]`.
    package static func ports(_ text: String) throws -> [JSON] {
        do {
            return try PortText.parse(text).map { port in
                var json: JSON = ["mode": "ingress"]
                if !port.address.isEmpty { json["host_ip"] = .string(port.address) }
                json["target"] = .int(Int64(port.target))
                if !port.published.isEmpty { json["published"] = .string(port.published) }
                json["protocol"] = .string(port.proto)
                return json
            }
        } catch { throw ComposeError("\(error)") }
    }

    /// `[SOURCE:]TARGET[:OPTIONS]`; relative sources start at the folder.
    package static func volume(_ text: String, folder: String) throws -> JSON {
        let mount: VolumeText.Mount
        do { mount = try VolumeText.parse(text) } catch { throw ComposeError("\(error)") }
        var json: JSON = ["type": mount.isBind ? "bind" : "volume", "target": .string(PathText.clean(mount.target))]
        if !mount.source.isEmpty {
            json["source"] = .string(mount.isBind ? PathText.join(folder, mount.source) : mount.source)
        }
        if mount.isReadOnly { json["read_only"] = true }
        if mount.isBind { json["bind"] = ["create_host_path": true] }
        return json
    }
}
