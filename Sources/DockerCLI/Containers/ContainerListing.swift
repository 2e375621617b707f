import CommandLine
import JSON
import OCI

/// One container of `docker ps`.
struct ContainerRow: Sendable {
    let json: JSON
    let shortens: Bool
    let now: Timestamp

    var id: String {
        let id = json["Id"].string ?? ""
        return shortens ? Shown.short(id) : id
    }

    /// Without the slash in front; names from links (`web/db`) last and left out of the short form.
    var names: String {
        let names = json["Names"].strings.map { String($0.dropFirst()) }
        if shortens, let own = names.first(where: { !$0.contains("/") }) { return own }
        return names.joined(separator: ",")
    }

    var image: String {
        let image = json["Image"].string ?? ""
        guard !image.isEmpty else { return "<no image>" }
        guard shortens else { return image }
        let short = Shown.short(json["ImageID"].string ?? "")
        if !short.isEmpty, short == Shown.short(image) { return short }
        guard let reference = try? Reference(parsing: image) else { return image }
        return reference.tag == nil
            ? reference.withoutTag.familiar
            : Reference(
                registry: reference.registry, repository: reference.repository, tag: reference.tag
            ).familiar
    }

    var command: String {
        let command = json["Command"].string ?? ""
        return GoText.quote(shortens ? GoText.ellipsis(command, 20) : command)
    }

    var size: String {
        let own = Units.decimalSize(json["SizeRw"].double ?? 0, precision: 3)
        let whole = json["SizeRootFs"].double ?? 0
        return whole > 0 ? "\(own) (virtual \(Units.decimalSize(whole, precision: 3)))" : own
    }

    var mounts: String {
        (json["Mounts"].array ?? []).map { mount in
            let name = mount["Name"].string.flatMap { $0.isEmpty ? nil : $0 } ?? mount["Source"].string ?? ""
            return shortens ? GoText.ellipsis(name, 15) : name
        }.joined(separator: ",")
    }

    /// Whether a format shows the size, by its name or with all columns as `{{json .}}` does.
    static func tellsSize(_ format: String) -> Bool {
        Listing<ContainerRow>.uses("Size", format: format) || format.filter { $0 != " " }.contains("{{json.}}")
    }

    static let listing = Listing<ContainerRow>(
        typeName: "*formatter.ContainerContext",
        columns: [
            .text("Command", "COMMAND") { $0.command },
            .text("CreatedAt", "CREATED AT") { Timestamp(seconds: Int64($0.json["Created"].int ?? 0)).goText },
            .text("ID", "CONTAINER ID") { $0.id },
            .text("Image", "IMAGE") { $0.image },
            .text("Labels", "LABELS") { Shown.labels($0.json["Labels"]) },
            .text("LocalVolumes", "LOCAL VOLUMES") { row in
                "\((row.json["Mounts"].array ?? []).filter { $0["Driver"].string == "local" }.count)"
            },
            .text("Mounts", "MOUNTS") { $0.mounts },
            .text("Names", "NAMES") { $0.names },
            .text("Networks", "NETWORKS") {
                ($0.json["NetworkSettings", "Networks"].object?.names ?? []).joined(separator: ",")
            },
            Column("Platform", "PLATFORM") { .json($0.json["ImageManifestDescriptor", "platform"]) },
            .text("Ports", "PORTS") { PortsText.text($0.json["Ports"]) },
            .text("RunningFor", "CREATED") { Shown.ago(unix: $0.json["Created"].int ?? 0, now: $0.now) },
            .text("Size", "SIZE") { $0.size },
            .text("State", "STATE") { $0.json["State"].string ?? "" },
            .text("Status", "STATUS") { $0.json["Status"].string ?? "" },
        ],
        methods: ["Label": { row, arguments in .text(row.json["Labels", arguments.first?.printed ?? ""].string ?? "") }]
    )

    static let table =
        "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
    static let raw = """
        container_id: {{.ID}}
        image: {{.Image}}
        command: {{.Command}}
        created_at: {{.CreatedAt}}
        state: {{- pad .State 1 0}}
        status: {{- pad .Status 1 0}}
        names: {{.Names}}
        labels: {{- pad .Labels 1 0}}
        ports: {{- pad .Ports 1 0}}

        """
}
