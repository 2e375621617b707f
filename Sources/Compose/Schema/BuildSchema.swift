/// How an image is built.
enum BuildSchema {
    static let shape = Shape.oneOf([.text, ObjectShape.closed(fields)])

    private static let fields: [Field] = [
        Field("context", .text), Field("dockerfile", .text), Field("dockerfile_inline", .text),
        Field("entitlements", .list(.text), .texts), Field("args", .pairs, .variables),
        Field("provenance", .boolean, .text), Field("sbom", .boolean, .text), Field("ssh", .pairs, .ssh),
        Field("labels", .pairs, .mapping), Field("cache_from", .list(.text), .texts),
        Field("cache_to", .list(.text), .texts), Field("no_cache", .boolean, .boolean),
        Field("no_cache_filter", .texts, .texts), Field("additional_contexts", .pairs, .mapping),
        Field("pull", .boolean, .boolean), Field("extra_hosts", ServiceSchema.hosts, .hosts),
        Field("isolation", .text), Field("network", .text), Field("target", .text),
        Field("secrets", ServiceSchema.fileReferences), Field("shm_size", .integer, .bytes),
        Field("tags", .list(.text), .texts), Field("ulimits", ServiceSchema.ulimits, .ulimits),
        Field("platforms", .list(.text), .texts), Field("privileged", .boolean, .boolean),
    ]
}

/// How many containers a service has, and what they may use.
enum DeploySchema {
    static let shape = ObjectShape.closed(
        [
            Field("mode", .text), Field("replicas", .integer, .integer, empty: .kept),
            Field("labels", .pairs, .mapping),
            Field("update_config", update), Field("rollback_config", update),
            Field("resources", resources, empty: .always), Field("restart_policy", restart),
            Field("placement", placement, empty: .always), Field("endpoint_mode", .text),
        ], null: true)

    private static let update = ObjectShape.closed([
        Field("parallelism", .integer, .integer, empty: .kept), Field("delay", .text, .duration),
        Field("failure_action", .text), Field("monitor", .text, .duration),
        Field("max_failure_ratio", .number, .float32), Field("order", .options(["start-first", "stop-first"])),
    ])

    private static let resources = ObjectShape.closed([
        Field(
            "limits",
            ObjectShape.closed([
                Field("cpus", .number, .float32), Field("memory", .text, .bytes), Field("pids", .integer, .integer),
            ])),
        Field(
            "reservations",
            ObjectShape.closed([
                Field("cpus", .number, .float32), Field("memory", .text, .bytes),
                Field("devices", .list(device(isGPU: false))),
                Field(
                    "generic_resources",
                    .list(
                        ObjectShape.closed([
                            Field(
                                "discrete_resource_spec",
                                ObjectShape.closed([Field("kind", .text), Field("value", .number, .integer)]))
                        ]))),
            ])),
    ])

    static func device(isGPU: Bool) -> Shape {
        .object(
            ObjectShape(
                fields: [
                    Field("capabilities", .textList, .texts), Field("driver", .text),
                    Field("count", .scalar([.string, .integer]), .deviceCount),
                    Field("device_ids", .textList, .texts), Field("options", .pairs, .mapping),
                ], required: isGPU ? [] : ["capabilities"], isOpen: isGPU))
    }

    private static let restart = ObjectShape.closed([
        Field("condition", .text), Field("delay", .text, .duration, empty: .kept),
        Field("max_attempts", .integer, .integer, empty: .kept), Field("window", .text, .duration, empty: .kept),
    ])

    private static let placement = ObjectShape.closed([
        Field("constraints", .list(.text), .texts),
        Field("preferences", .list(ObjectShape.closed([Field("spread", .text)]))),
        Field("max_replicas_per_node", .integer, .integer),
    ])
}
