import CommandLine
import JSON
import KubeClient
import KubeModel

extension VerbTree {
    struct DeploymentOptions: Generator {
        var common = CreateOptions(), images: [String] = [], port = -1, replicas = 1
    }

    static func createDeployment() -> Verb {
        generator(
            "deployment", aliases: ["deploy"], "Create a deployment with the specified name",
            usage: "create deployment NAME --image=image -- [COMMAND] [args...] [options]", resource: Known.deployments,
            failure: "failed to create deployment:", options: DeploymentOptions(),
            flags: [
                .strings("image", \.images, "Image names to run"),
                Flag("port", value: "int", help: "Port that the container exposes", shownDefault: "-1") {
                    $0.port = try GoValue.int($1)
                },
                .int("replicas", short: "r", \.replicas, default: 1, "Number of replicas"),
            ], needs: ["image"]
        ) { options, name, parsed, session in
            let command = parsed.dashAt.map { Array(parsed.arguments[$0...]) } ?? []
            if options.images.count > 1, !command.isEmpty {
                throw Refusal("cannot specify multiple --image options and command")
            }
            let labels: JSON = ["app": .string(name)]
            let containers = options.images.map { image -> JSON in
                .members([
                    ("name", .string(containerName(image))),
                    ("image", .string(image)),
                    ("command", .some(command)),
                    ("ports", options.port >= 0 ? [["containerPort": .init(options.port)]] : nil), ("resources", [:]),
                ])
            }
            return [
                "kind": "Deployment", "apiVersion": "apps/v1", "metadata": ["name": .string(name), "labels": labels],
                "spec": [
                    "replicas": .init(options.replicas), "selector": ["matchLabels": labels],
                    "template": ["metadata": ["labels": labels], "spec": ["containers": .array(containers)]],
                    "strategy": [:],
                ], "status": [:],
            ]
        }
    }

    /// Cobra's words for flags that must be given.
    static func required(_ parsed: Parsed, _ names: [String]) throws {
        let missing = names.filter { !parsed.given.contains($0) }
        if !missing.isEmpty {
            throw Refusal("required flag(s) \(missing.map(\.quoted).joined(separator: ", ")) not set")
        }
    }

    /// `docker.io/library/nginx:1.25` is `nginx`. What had to be changed to be a name gets a suffix.
    static func containerName(_ image: String) -> String {
        var name = image.parts("/").last ?? image
        if let colon = name.firstIndex(of: ":") { name = String(name[..<colon]) }
        if let at = name.firstIndex(of: "@") { name = String(name[..<at]) }
        guard name.contains(where: { "_.".contains($0) }) else { return name.lowercased() }
        name = String(name.lowercased().map { "_.".contains($0) ? "-" : $0 })
        var random = SystemRandomNumberGenerator()
        return "\(name)-\(GeneratedName.suffix(5, using: &random))"
    }

    struct JobOptions: Generator { var common = CreateOptions(), image = "", from = "" }

    static func createJob() -> Verb {
        generator(
            "job", "Create a job with the specified name",
            usage: "create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options]",
            resource: Known.jobs, failure: "failed to create job:", options: JobOptions(),
            flags: [
                .text("image", \.image, "Image name to run"),
                .text("from", \.from, "The resource to create a job from: cronjob/NAME"),
            ]
        ) { options, name, parsed, session in
            let command = parsed.dashAt.map { Array(parsed.arguments[$0...]) } ?? []
            guard options.image.isEmpty != options.from.isEmpty else {
                throw Refusal("either --image or --from must be specified")
            }
            if !options.from.isEmpty { return try await job(name, from: options.from, command, session) }
            let container = JSON.members([
                ("name", .string(name)), ("image", .string(options.image)), ("command", .some(command)),
                ("resources", [:]),
            ])
            return [
                "kind": "Job", "apiVersion": "batch/v1", "metadata": ["name": .string(name)],
                "spec": [
                    "template": ["metadata": [:], "spec": ["containers": [container], "restartPolicy": "Never"]]
                ], "status": [:],
            ]
        }
    }

    private static func job(_ name: String, from: String, _ command: [String], _ session: Session) async throws -> JSON
    {
        guard command.isEmpty else { throw Refusal("cannot specify --from and command") }
        var selection = Selection()
        selection.arguments = [from]
        let items = try await session.select(selection).all()
        guard let cronJob = items.first, items.count == 1 else { throw Refusal("from must be an existing cronjob") }
        guard cronJob.resource.kind == "CronJob" else {
            throw Refusal("unknown object type \(cronJob.resource.goType)")
        }
        let template = cronJob.object["spec"]["jobTemplate"]
        var annotations: JSON = ["cronjob.kubernetes.io/instantiate": "manual"]
        for (key, value) in template["metadata"]["annotations"].object ?? JSONObject() { annotations[key] = value }
        return [
            "kind": "Job", "apiVersion": "batch/v1",
            "metadata": .members([
                ("name", .string(name)),
                ("labels", template["metadata"]["labels"].object.map { .object($0) }), ("annotations", annotations),
                (
                    "ownerReferences",
                    [
                        [
                            "apiVersion": "batch/v1", "kind": "CronJob", "name": .string(cronJob.name),
                            "uid": cronJob.object["metadata"]["uid"], "controller": true,
                        ]
                    ]
                ),
            ]), "spec": template["spec"], "status": [:],
        ]
    }

    struct CronJobOptions: Generator { var common = CreateOptions(), image = "", schedule = "", restart = "OnFailure" }

    static func createCronJob() -> Verb {
        generator(
            "cronjob", aliases: ["cj"], "Create a cron job with the specified name",
            usage:
                "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags] [options]",
            resource: Known.cronJobs, failure: "failed to create cronjob:", options: CronJobOptions(),
            flags: [
                .text("image", \.image, "Image name to run"),
                .text("schedule", \.schedule, "A schedule in the Cron format"),
                .text("restart", \.restart, "Restart policy of the pods: OnFailure, Never"),
            ], needs: ["image", "schedule"]
        ) { options, name, parsed, _ in
            let command = parsed.dashAt.map { Array(parsed.arguments[$0...]) } ?? []
            let container = JSON.members([
                ("name", .string(name)), ("image", .string(options.image)), ("command", .some(command)),
                ("resources", [:]),
            ])
            let pod: JSON = [
                "metadata": [:],
                "spec": ["containers": [container], "restartPolicy": .string(options.restart)],
            ]
            return [
                "kind": "CronJob", "apiVersion": "batch/v1", "metadata": ["name": .string(name)],
                "spec": [
                    "schedule": .string(options.schedule),
                    "jobTemplate": ["metadata": ["name": .string(name)], "spec": ["template": pod]],
                ], "status": [:],
            ]
        }
    }

    struct IngressOptions: Generator {
        var common = CreateOptions(), ingressClass = "", rules: [String] = [], annotations: [String] = [], backend = ""
    }

    static func createIngress() -> Verb {
        generator(
            "ingress", aliases: ["ing"], "Create an ingress with the specified name",
            usage: "create ingress NAME --rule=host/path=service:port[,tls[=secret]]  [options]",
            resource: Known.ingresses,
            failure: "failed to create ingress:", options: IngressOptions(),
            flags: [
                .text("class", \.ingressClass, "Ingress class"),
                .texts("rule", \.rules, "host/path=service:port[,tls=secret]; a path that ends in * is a prefix"),
                .texts("annotation", \.annotations, "annotation=value"),
                .text("default-backend", \.backend, "servicename:port for what no rule matches"),
            ]
        ) { options, name, _, _ in try ingress(options, name) }
    }

    private static func ingress(_ options: IngressOptions, _ name: String) throws -> JSON {
        guard !options.backend.isEmpty || !options.rules.isEmpty else {
            throw Refusal(
                "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)"
            )
        }
        var annotations: JSON = [:]
        for text in options.annotations {
            guard let (key, value) = text.cut("=") else {
                throw Refusal("annotation \(text) is invalid and should be in format key=[value]")
            }
            annotations[key] = .string(value)
        }
        func backend(_ text: String) -> JSON? {
            guard let (service, port) = text.cut(":"), !service.isEmpty, !port.isEmpty, !port.contains(":") else {
                return nil
            }
            return [
                "service": [
                    "name": .string(service),
                    "port": Int(port).map { ["number": .init($0)] } ?? ["name": .string(port)],
                ]
            ]
        }
        var hosts: [String] = [], paths: [String: [JSON]] = [:], tls: [JSON] = []
        for text in options.rules {
            let invalid = Refusal(
                "rule \(text) is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]")
            guard let (left, right) = text.cut("="), let slash = left.firstIndex(of: "/") else { throw invalid }
            let host = String(left[..<slash])
            var path = String(left[slash...])
            let parts = right.parts(",")
            guard let target = backend(parts[0]) else { throw invalid }
            let isPrefix = path.hasSuffix("*")
            if isPrefix { path.removeLast() }
            if !hosts.contains(host) { hosts.append(host) }
            paths[host, default: []].append([
                "path": .string(path), "pathType": isPrefix ? "Prefix" : "Exact", "backend": target,
            ])
            for part in parts.dropFirst() {
                let secret = part.cut("=")?.1 ?? ""
                guard part == "tls" || part.hasPrefix("tls=") else { throw invalid }
                let entry = JSON.members([
                    ("hosts", host.isEmpty ? nil : [.string(host)]), ("secretName", .some(secret)),
                ])
                if !tls.contains(entry) { tls.append(entry) }
            }
        }
        var defaultBackend: JSON?
        if !options.backend.isEmpty {
            guard let target = backend(options.backend) else {
                throw Refusal("default-backend should be in format servicename:serviceport")
            }
            defaultBackend = target
        }
        let rules = hosts.map { host -> JSON in
            .members([("host", .some(host)), ("http", ["paths": .array(paths[host] ?? [])])])
        }
        return [
            "kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
            "metadata": .members([
                ("name", .string(name)), ("annotations", annotations.object?.isEmpty == false ? annotations : nil),
            ]),
            "spec": .members([
                ("ingressClassName", .some(options.ingressClass)), ("defaultBackend", defaultBackend),
                ("tls", tls.isEmpty ? nil : .array(tls)), ("rules", rules.isEmpty ? nil : .array(rules)),
            ]), "status": ["loadBalancer": [:]],
        ]
    }
}
