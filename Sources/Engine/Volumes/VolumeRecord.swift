import JSON

/// One volume of the local driver as it is on disk: `volumes/NAME/volume.json` beside its data in `volumes/NAME/_data`.
package struct VolumeRecord: Sendable, Equatable {
    package let name: String
    package var driver = "local"
    package var labels: [String: String] = [:]
    /// Mount options of the local driver (`type`, `o`, `device`, `size`); empty: a plain folder.
    package var options: [String: String] = [:]
    /// Made for a container without a name of its own; pruned by default.
    package var anonymous = false
    /// RFC 3339.
    package var createdAt: String
    /// The folder that containers see.
    package let mountpoint: String

    package init(name: String, createdAt: String, mountpoint: String) {
        self.name = name
        self.createdAt = createdAt
        self.mountpoint = mountpoint
    }

    /// Whether something must be mounted on the folder before use.
    package var isMounted: Bool { options["type"] != nil || options["device"] != nil || options["o"] != nil }

    /// The Engine API's `Volume`.
    package var document: JSON {
        [
            "CreatedAt": .string(createdAt), "Driver": .string(driver),
            "Labels": labels.isEmpty ? .null : JSON(labels), "Mountpoint": .string(mountpoint),
            "Name": .string(name), "Options": options.isEmpty ? .null : JSON(options), "Scope": "local",
        ]
    }

    /// What `volume.json` holds.
    var stored: JSON {
        [
            "Name": .string(name), "Driver": .string(driver), "CreatedAt": .string(createdAt),
            "Labels": JSON(labels), "Options": JSON(options), "Anonymous": .bool(anonymous),
        ]
    }

    init?(stored json: JSON, mountpoint: String) {
        guard let name = json["Name"].string, let createdAt = json["CreatedAt"].string else { return nil }
        self.init(name: name, createdAt: createdAt, mountpoint: mountpoint)
        driver = json["Driver"].string ?? "local"
        labels = json["Labels"].stringMap
        options = json["Options"].stringMap
        anonymous = json["Anonymous"].bool ?? false
    }
}
