import CommandLine
import JSON
import KubeClient
import KubeModel

struct APIResourcesOptions: Sendable {
    var group: String?, categories: [String] = [], namespaced: Bool?, noHeaders = false, output = "", sortBy = ""
    var verbs: [String] = [], cached = false, showsManagedFields = false
}

extension VerbTree {
    static func apiResources() -> Verb {
        Verb(
            "api-resources", group: .other, "Print the supported API resources on the server",
            usage: "api-resources [flags] [options]",
            options: APIResourcesOptions(),
            flags: [
                .optionalText("api-group", \.group, "Only this API group"),
                .toggle("cached", \.cached, "Taken for compatibility: nothing is cached on disk"),
                .strings("categories", \.categories, "Only resources of these categories"),
                Flag(
                    "namespaced", value: nil, help: "false: only those without a namespace; true: only those with one",
                    shownDefault: "true"
                ) { $0.namespaced = try GoValue.bool($1) },
                .toggle("no-headers", \.noHeaders, "Print no headers"),
                .text("output", short: "o", \.output, "Output format. One of: (json, yaml, kyaml, name, wide)"),
                .toggle("show-managed-fields", \.showsManagedFields, "Taken for compatibility: resources have none"),
                .text("sort-by", \.sortBy, "name or kind"),
                .strings("verbs", \.verbs, "Only resources with these verbs"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.isEmpty else {
                throw session.misuse("unexpected arguments: [\(parsed.arguments.joined(separator: " "))]")
            }
            guard ["", "wide", "name", "json", "yaml", "kyaml"].contains(options.output) else {
                throw Refusal(
                    "unable to match a printer suitable for the output format \(options.output.quoted), "
                        + "allowed formats are: json,kyaml,name,wide,yaml")
            }
            guard ["", "name", "kind"].contains(options.sortBy) else {
                throw Refusal("--sort-by accepts only name or kind")
            }
            try await listResources(options, session)
        }
    }

    private static func listResources(_ options: APIResourcesOptions, _ session: Session) async throws {
        let served = try await session.resources()
        var preferred: [String: String] = [:]
        for resource in served.all where preferred[resource.qualifiedName] == nil {
            preferred[resource.qualifiedName] = resource.version
        }
        var list = served.all.filter { resource in
            !resource.verbs.isEmpty && preferred[resource.qualifiedName] == resource.version
                && (options.group == nil || options.group == resource.group)
                && (options.namespaced == nil || options.namespaced == resource.isNamespaced)
                && options.verbs.allSatisfy(resource.verbs.contains)
                && options.categories.allSatisfy(resource.categories.contains)
        }
        func before(_ a: ServedResource, _ b: ServedResource) -> Bool {
            switch options.sortBy {
            case "name": return a.name < b.name
            case "kind": return a.kind < b.kind
            default: return (a.group, a.name) < (b.group, b.name)
            }
        }
        list = list.enumerated().sorted {
            before($0.element, $1.element) || !before($1.element, $0.element) && $0.offset < $1.offset
        }.map(\.element)
        switch options.output {
        case "name": for resource in list { session.out.line(resource.qualifiedName) }
        case "json", "yaml", "kyaml":
            var printing = PrintOptions()
            printing.output = options.output
            try ObjectPrinter(session, printing).show(document(list), isTyped: true)
        default:
            var table = TabWriter.kubectl
            if !options.noHeaders {
                table.write(
                    "NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND"
                        + (options.output == "wide" ? "\tVERBS\tCATEGORIES" : "") + "\n")
            }
            for resource in list {
                var cells = [
                    resource.name, resource.shortNames.joined(separator: ","), resource.apiVersion,
                    "\(resource.isNamespaced)", resource.kind,
                ]
                if options.output == "wide" {
                    cells += [resource.verbs.joined(separator: ","), resource.categories.joined(separator: ",")]
                }
                table.write(cells.joined(separator: "\t") + "\n")
            }
            session.out.write(table.flush())
        }
        if !served.failures.isEmpty {
            throw Refusal(
                "unable to retrieve the complete list of server APIs: \(served.failures.joined(separator: ", "))")
        }
    }

    private static func document(_ list: [ServedResource]) -> JSON {
        [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "",
            "resources": .array(
                list.map { resource in
                    .members([
                        ("name", .string(resource.name)), ("singularName", .string(resource.singular)),
                        ("namespaced", .bool(resource.isNamespaced)), ("group", .some(resource.group)),
                        ("version", .string(resource.version)), ("kind", .string(resource.kind)),
                        ("verbs", JSON(resource.verbs)), ("shortNames", .some(resource.shortNames)),
                        ("categories", .some(resource.categories)),
                    ])
                }),
        ]
    }

    static func apiVersions() -> Verb {
        Verb(
            "api-versions", group: .other,
            "Print the supported API versions on the server, in the form of \"group/version\"",
            usage: "api-versions [options]", options: 0
        ) { _, parsed, session in
            guard parsed.arguments.isEmpty else {
                throw session.misuse("unexpected arguments: [\(parsed.arguments.joined(separator: " "))]")
            }
            for version in Set(try await session.resources().all.map(\.apiVersion)).sorted() {
                session.out.line(version)
            }
        }
    }
}
