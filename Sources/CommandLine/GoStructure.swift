import JSON

/// A structure of Docker's types, whose fields Go prints in its own order, also those that JSON leaves out when they
/// are empty. Known by members that no other has; those with pointers in them print as addresses, and aren't here.
struct GoStructure {
    private let signature: [String]
    /// Each with what an empty one prints.
    private let fields: [(name: String, empty: String)]

    /// `Name`: text; `Name:EMPTY`: another type, and how its zero value prints.
    private init(_ signature: [String], _ fields: String) {
        self.signature = signature
        self.fields = fields.split(separator: " ").map { field in
            let parts = field.split(separator: ":", maxSplits: 1).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    private static let all = [
        GoStructure(
            ["OOMKilled", "StartedAt"],
            "Status Running:false Paused:false Restarting:false OOMKilled:false Dead:false Pid:0 ExitCode:0 Error "
                + "StartedAt FinishedAt Health:<nil>"),
        GoStructure(
            ["Hostname", "AttachStdin"],
            "Hostname Domainname User AttachStdin:false AttachStdout:false AttachStderr:false ExposedPorts:map[] "
                + "Tty:false OpenStdin:false StdinOnce:false Env:[] Cmd:[] Healthcheck:<nil> ArgsEscaped:false Image "
                + "Volumes:map[] WorkingDir Entrypoint:[] NetworkDisabled:false MacAddress OnBuild:[] Labels:map[] "
                + "StopSignal StopTimeout:<nil> Shell:[]"),
        GoStructure(["Destination", "RW"], "Type Name Source Destination Driver Mode RW:false Propagation"),
        GoStructure(["MaximumRetryCount"], "Name MaximumRetryCount:0"),
    ]

    /// Two members each, which alone would fit other things.
    private static let pairs = [
        (GoStructure(["Data", "Name"], "Data:map[] Name")), (GoStructure(["Config", "Type"], "Type Config:map[]")),
        (GoStructure(["Layers", "Type"], "Type Layers:[]")),
    ]

    static func of(_ members: JSONObject) -> GoStructure? {
        if let known = all.first(where: { $0.signature.allSatisfy { members[$0] != nil } }) { return known }
        guard members.count == 2 else { return nil }
        return pairs.first { $0.signature.allSatisfy { members[$0] != nil } }
    }

    func text(_ members: JSONObject) -> String {
        let texts = fields.map { field -> String in
            guard let value = members[field.name], !value.isNull else { return field.empty }
            if case .object(let map) = value, field.empty == "map[]" {
                return "map["
                    + map.sortedByKey().map { "\($0.key):\(GoPrint.text($0.value, under: "{}"))" }
                    .joined(separator: " ") + "]"
            }
            return GoPrint.text(value, under: field.name)
        }
        return "{" + texts.joined(separator: " ") + "}"
    }
}
