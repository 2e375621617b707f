/// A file's top level.
enum TopSchema {
    static let shape = ObjectShape.closed([
        Field("version", .text), Field("name", .text), Field("include", .list(include)),
        Field("services", ObjectShape.names(ServiceSchema.shape)), Field("networks", open(network)),
        Field("volumes", ObjectShape.names(volume)), Field("secrets", ObjectShape.names(secret)),
        Field("configs", ObjectShape.names(config)), Field("models", open(model)),
    ])

    private static func open(_ shape: Shape) -> Shape {
        .object(
            ObjectShape(members: shape, isName: ObjectShape.isResourceName, takesExtensions: false, isOpen: true))
    }

    static let include = Shape.oneOf([
        .text,
        ObjectShape.closed(
            [Field("path", .texts), Field("env_file", .texts), Field("project_directory", .text)], extensions: false),
    ])

    private static let external = Shape.scalar([.boolean, .string, .object])

    static let network = ObjectShape.closed(
        [
            Field("name", .text), Field("driver", .text), Field("driver_opts", .options, .mapping),
            Field("ipam", ipam, empty: .always), Field("external", external, .boolean),
            Field("internal", .boolean, .boolean), Field("attachable", .boolean, .boolean),
            Field("labels", .pairs, .mapping), Field("enable_ipv4", .boolean, .boolean, empty: .kept),
            Field("enable_ipv6", .boolean, .boolean, empty: .kept),
        ], null: true)

    private static let ipam = ObjectShape.closed([
        Field("driver", .text),
        Field(
            "config",
            .list(
                ObjectShape.closed([
                    Field("subnet", .text), Field("gateway", .text), Field("ip_range", .text),
                    Field("aux_addresses", ObjectShape.map(.text), .mapping),
                ]))), Field("options", ObjectShape.map(.text), .mapping),
    ])

    static let volume = ObjectShape.closed(
        [
            Field("name", .text), Field("driver", .text), Field("driver_opts", .options, .mapping),
            Field("external", external, .boolean), Field("labels", .pairs, .mapping),
        ], null: true)

    static let secret = ObjectShape.closed([
        Field("name", .text), Field("file", .text), Field("environment", .text), Field("external", external, .boolean),
        Field("labels", .pairs, .mapping), Field("driver", .text), Field("driver_opts", .options, .mapping),
        Field("template_driver", .text),
    ])

    static let config = ObjectShape.closed([
        Field("name", .text), Field("file", .text), Field("environment", .text), Field("content", .text),
        Field("external", external, .boolean), Field("labels", .pairs, .mapping), Field("template_driver", .text),
    ])

    static let model = ObjectShape.closed(
        [
            Field("name", .text), Field("model", .text), Field("context_size", .scalar([.integer]), .integer),
            Field("runtime_flags", .list(.text), .texts),
        ], required: ["model"])
}
