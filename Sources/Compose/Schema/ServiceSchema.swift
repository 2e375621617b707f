/// A service's attributes.
enum ServiceSchema {
    static let shape = ObjectShape.closed(fields)

    static let fields: [Field] = first + second + third

    private static let first: [Field] = [
        Field("profiles", .textList, .texts), Field("annotations", .pairs, .mapping),
        Field("attach", .boolean, .boolean, empty: .kept), Field("build", BuildSchema.shape),
        Field("develop", develop), Field("blkio_config", blockIO), Field("cap_add", .textList, .texts),
        Field("cap_drop", .textList, .texts), Field("cgroup_parent", .text),
        Field("cgroup", .options(["host", "private"])),
        Field("cpu_count", .oneOf([.text, .scalar([.integer], 0...Double.infinity)]), .integer),
        Field("cpu_percent", .oneOf([.text, .scalar([.integer], 0...100)]), .float32),
        Field("cpu_period", .number, .integer), Field("cpu_quota", .number, .integer),
        Field("cpu_rt_period", .number, .integer), Field("cpu_rt_runtime", .number, .integer),
        Field("cpus", .number, .float32), Field("cpuset", .text), Field("cpu_shares", .number, .integer),
        Field("command", .command, .command, empty: .always), Field("configs", fileReferences),
        Field("container_name", .pattern("[a-zA-Z0-9][a-zA-Z0-9_.-]+", SchemaPattern.isContainerName)),
        Field(
            "credential_spec",
            ObjectShape.closed([Field("config", .text), Field("file", .text), Field("registry", .text)])),
        Field("depends_on", dependsOn), Field("deploy", DeploySchema.shape),
        Field("device_cgroup_rules", .textList, .texts), Field("devices", devices), Field("dns", .texts, .texts),
        Field("dns_opt", .textList, .texts), Field("dns_search", .texts, .texts), Field("domainname", .text),
        Field("entrypoint", .command, .command, empty: .always), Field("provider", provider),
        Field("environment", .pairs, .variables), Field("env_file", envFile),
        Field("expose", .list(.scalar([.string, .number]), unique: true), .texts),
    ]

    private static let second: [Field] = [
        Field("extends", extends, .hidden), Field("external_links", .textList, .texts),
        Field("extra_hosts", hosts, .hosts),
        Field("group_add", .list(.scalar([.string, .number]), unique: true), .texts),
        Field("gpus", .oneOf([.options(["all"]), .list(DeploySchema.device(isGPU: true))])),
        Field("hostname", .text), Field("healthcheck", healthCheck), Field("image", .text),
        Field("init", .boolean, .boolean, empty: .kept), Field("ipc", .text), Field("isolation", .text),
        Field("labels", .pairs, .mapping), Field("label_file", .oneOf([.text, .list(.text)]), .hidden),
        Field("links", .textList, .texts), Field("logging", logging), Field("mem_limit", .number, .bytes),
        Field("mem_reservation", .integer, .bytes), Field("memswap_limit", .number, .bytes),
        Field("mem_swappiness", .integer, .bytes), Field("mac_address", .text), Field("models", models),
        Field("network_mode", .text), Field("networks", networks), Field("oom_kill_disable", .boolean, .boolean),
        Field("oom_score_adj", .oneOf([.text, .scalar([.integer], -1_000...1_000)]), .integer),
        Field("pid", .scalar([.string, .null])), Field("pids_limit", .number, .integer), Field("platform", .text),
        Field("ports", .list(.oneOf([.scalar([.number]), .text, port]), unique: true)),
        Field("privileged", .boolean, .boolean),
        Field(
            "pull_policy",
            .pattern(
                "always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+",
                SchemaPattern.isPullPolicy)), Field("pull_refresh_after", .text),
        Field("read_only", .boolean, .boolean),
        Field("restart", .text), Field("runtime", .text), Field("scale", .integer, .integer, empty: .kept),
        Field("secrets", fileReferences), Field("security_opt", .textList, .texts),
    ]

    private static let third: [Field] = [
        Field("shm_size", .number, .bytes), Field("stdin_open", .boolean, .boolean),
        Field("stop_grace_period", .text, .duration, empty: .kept), Field("stop_signal", .text),
        Field("storage_opt", .object(ObjectShape(isOpen: true)), .mapping), Field("sysctls", .pairs, .mapping),
        Field("tmpfs", .texts, .texts), Field("tty", .boolean, .boolean), Field("ulimits", ulimits, .ulimits),
        Field("use_api_socket", .scalar([.boolean]), .boolean), Field("user", .text), Field("userns_mode", .text),
        Field("uts", .text), Field("volumes", .list(.oneOf([.text, volume]), unique: true)),
        Field("volumes_from", .textList, .texts), Field("working_dir", .text),
        Field("pre_start", .list(preStartHook)), Field("post_start", .list(hook)), Field("pre_stop", .list(hook)),
    ]

    static let hosts = Shape.oneOf([ObjectShape.map(.oneOf([.text, .list(.text)])), .textList])

    static let ulimits = ObjectShape.map(
        .oneOf([
            .integer,
            ObjectShape.closed(
                [
                    Field("single", .integer, .integer), Field("soft", .integer, .integer),
                    Field("hard", .integer, .integer),
                ],
                required: ["soft", "hard"]),
        ]))

    static let fileReferences = Shape.list(
        .oneOf([
            .text,
            ObjectShape.closed([
                Field("source", .text), Field("target", .text), Field("uid", .text), Field("gid", .text),
                Field("mode", .number, .mode, empty: .kept),
            ]),
        ]))

    private static let dependsOn = Shape.oneOf([
        .textList,
        ObjectShape.names(
            ObjectShape.closed(
                [
                    Field(
                        "condition",
                        .options(["service_started", "service_healthy", "service_completed_successfully"])),
                    Field("restart", .boolean, .boolean),
                    Field("required", .scalar([.boolean]), .boolean, empty: .always),
                ], required: ["condition"])),
    ])

    private static let devices = Shape.list(
        .oneOf([
            .text,
            ObjectShape.closed(
                [Field("source", .text), Field("target", .text), Field("permissions", .text)], required: ["source"]),
        ]))

    private static let extends = Shape.oneOf([
        .text,
        ObjectShape.closed([Field("service", .text), Field("file", .text)], required: ["service"], extensions: false),
    ])

    private static let provider = ObjectShape.closed(
        [
            Field("type", .text),
            Field(
                "options",
                ObjectShape.map(
                    .oneOf([
                        .scalar([.string, .number, .boolean]), .list(.scalar([.string, .number, .boolean])),
                    ]))),
        ], required: ["type"])

    private static let envFile = Shape.oneOf([
        .text,
        .list(
            .oneOf([
                .text,
                ObjectShape.closed(
                    [
                        Field("path", .text), Field("required", .boolean, .boolean, empty: .kept),
                        Field("format", .text),
                    ],
                    required: ["path"], extensions: false),
            ])),
    ])

    private static let healthCheck = ObjectShape.closed([
        Field("test", .oneOf([.text, .list(.text)]), .healthTest), Field("timeout", .text, .duration, empty: .kept),
        Field("interval", .text, .duration, empty: .kept), Field("retries", .number, .integer, empty: .kept),
        Field("start_period", .text, .duration, empty: .kept), Field("start_interval", .text, .duration, empty: .kept),
        Field("disable", .boolean, .boolean),
    ])

    private static let logging = ObjectShape.closed([
        Field("driver", .text), Field("options", ObjectShape.map(.scalar([.string, .number, .null])), .mapping),
    ])

    private static let models = Shape.oneOf([
        .textList,
        ObjectShape.names(
            ObjectShape.closed([Field("endpoint_var", .text), Field("model_var", .text)], null: true)),
    ])

    private static let networks = Shape.oneOf([
        .textList,
        ObjectShape.names(
            ObjectShape.closed(
                [
                    Field("aliases", .textList, .texts), Field("driver_opts", .options, .mapping),
                    Field("gw_priority", .scalar([.number]), .integer), Field("interface_name", .text),
                    Field("ipv4_address", .text), Field("ipv6_address", .text),
                    Field("link_local_ips", .textList, .texts), Field("mac_address", .text),
                    Field("priority", .scalar([.number]), .integer),
                ], null: true)),
    ])

    private static let port = ObjectShape.closed([
        Field("name", .text), Field("mode", .text), Field("host_ip", .text), Field("target", .integer, .integer),
        Field("published", .integer, .text), Field("protocol", .text), Field("app_protocol", .text),
    ])

    private static let volume = ObjectShape.closed(
        [
            Field("type", .options(["bind", "volume", "tmpfs", "cluster", "npipe", "image"])), Field("source", .text),
            Field("target", .text), Field("read_only", .boolean, .boolean), Field("consistency", .text),
            Field(
                "bind",
                ObjectShape.closed([
                    Field("selinux", .options(["z", "Z"])), Field("propagation", .text),
                    Field("create_host_path", .boolean, .boolean, empty: .kept),
                    Field("recursive", .options(["enabled", "disabled", "writable", "readonly"])),
                ])),
            Field(
                "volume",
                ObjectShape.closed([
                    Field("labels", .pairs, .mapping), Field("nocopy", .boolean, .boolean), Field("subpath", .text),
                ])),
            Field(
                "tmpfs",
                ObjectShape.closed([
                    Field("size", .oneOf([.scalar([.integer], 0...Double.infinity), .text]), .bytes),
                    Field("mode", .number, .integer),
                ])),
            Field("image", ObjectShape.closed([Field("subpath", .text)])),
        ], required: ["type"])

    static let hookFields: [Field] = [
        Field("command", .command, .command, empty: .always), Field("image", .text), Field("user", .text),
        Field("privileged", .boolean, .boolean), Field("working_dir", .text), Field("environment", .pairs, .variables),
        Field("per_replica", .boolean, .boolean),
    ]

    private static let preStartHook = ObjectShape.closed(hookFields)
    static let hook = ObjectShape.closed(
        hookFields.filter { !["image", "per_replica"].contains($0.name) }, required: ["command"])

    private static let develop = ObjectShape.closed(
        [
            Field(
                "watch",
                .list(
                    ObjectShape.closed(
                        [
                            Field("path", .text, empty: .kept),
                            Field(
                                "action", .options(["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
                                empty: .kept), Field("target", .text), Field("exec", hook, empty: .always),
                            Field("include", .texts, .texts), Field("ignore", .texts, .texts),
                            Field("initial_sync", .scalar([.boolean]), .boolean),
                        ], required: ["path", "action"])))
        ], null: true)

    private static let limits = Shape.list(
        ObjectShape.closed(
            [Field("path", .text, printed: "Path"), Field("rate", .integer, .bytes, printed: "Rate")], extensions: false
        ))

    private static let blockIO = ObjectShape.closed(
        [
            Field("weight", .integer, .integer),
            Field(
                "weight_device",
                .list(
                    ObjectShape.closed(
                        [
                            Field("path", .text, printed: "Path"),
                            Field("weight", .integer, .integer, printed: "Weight"),
                        ], extensions: false))),
            Field("device_read_bps", limits), Field("device_read_iops", limits), Field("device_write_bps", limits),
            Field("device_write_iops", limits),
        ], extensions: false)
}

enum SchemaPattern {
    /// As the schema's pattern, found anywhere: a letter or digit with one more fitting character after it.
    @Sendable static func isContainerName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isPlain(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 }
        return zip(bytes, bytes.dropFirst()).contains { isPlain($0) && (isPlain($1) || "_.-".utf8.contains($1)) }
    }

    @Sendable static func isPullPolicy(_ text: String) -> Bool {
        if ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"].contains(where: {
            text.contains($0)
        }) {
            return true
        }
        guard let at = text.firstRange(of: "every_") else { return false }
        let rest = text[at.upperBound...]
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        return !digits.isEmpty && rest.dropFirst(digits.count).first.map { "wdhms".contains($0) } == true
    }
}
