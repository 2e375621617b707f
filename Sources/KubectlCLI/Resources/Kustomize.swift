import CLinux
import CommandLine
import Glibc
import JSON
import KubeModel

struct KustomizeOptions: Sendable {
    var output = "", restrictor = "LoadRestrictionsRootOnly", usesHelm = false, usesPlugins = false
    /// Taken and without effect: what helm and functions in containers would be told.
    var ignored = "", ignoredSwitch = false, ignoredList: [String] = []
}

extension VerbTree {
    static func kustomize() -> Verb {
        Verb(
            "kustomize", group: .advanced, "Build a kustomization target from a directory or URL",
            usage: "kustomize DIR [flags] [options]",
            examples: "# The manifests of a folder's kustomization\nkubectl kustomize ./overlays/test",
            options: KustomizeOptions(),
            flags: [
                .text("output", short: "o", \.output, "File, or folder of a file an object, to write to"),
                .text(
                    "load-restrictor", \.restrictor, default: "LoadRestrictionsRootOnly",
                    "Taken for compatibility: files outside of the folder may be named"),
                .toggle("enable-alpha-plugins", \.usesPlugins, "Not there: no plugins are run"),
                .toggle("enable-helm", \.usesHelm, "Not there: no charts are rendered"),
                .text("helm-command", \.ignored, default: "helm", "Taken for compatibility"),
                .texts("helm-api-versions", \.ignoredList, "Taken for compatibility"),
                .text("helm-kube-version", \.ignored, "Taken for compatibility"),
                .toggle("helm-debug", \.ignoredSwitch, "Taken for compatibility"),
                .toggle("as-current-user", \.ignoredSwitch, "Taken for compatibility: no functions are run"),
                .texts("env", short: "e", \.ignoredList, "Taken for compatibility: no functions are run"),
                .texts("mount", \.ignoredList, "Taken for compatibility: no functions are run"),
                .toggle("network", \.ignoredSwitch, "Taken for compatibility: no functions are run"),
                .text("network-name", \.ignored, default: "bridge", "Taken for compatibility: no functions are run"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.count <= 1 else { throw Refusal("specify one path to kustomization.yaml") }
            guard ["LoadRestrictionsRootOnly", "LoadRestrictionsNone"].contains(options.restrictor) else {
                throw Refusal(
                    "illegal flag value --load-restrictor \(options.restrictor); legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
                )
            }
            let trees = try await Kustomization.build(parsed.arguments.first ?? ".", session).map(\.tree)
            let text = Array(trees.map { YAML.write($0) }.joined(separator: Array("---\n".utf8)))
            if options.output.isEmpty {
                session.out.write(text)
                return
            }
            var status = stat()
            guard stat(options.output, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                let folder = options.output.lastIndex(of: "/").map { String(options.output[..<$0]) + "/" } ?? "."
                guard access(folder, F_OK) == 0 else {
                    throw Refusal("open \(options.output): \(WholeFile.message(errno))")
                }
                return try WholeFile.replace(options.output, with: text, mode: 0o644)
            }
            for tree in trees {
                try WholeFile.replace(
                    "\(options.output)/\(fileName(tree))", with: Array(YAML.write(tree)), mode: 0o644)
            }
        }
    }

    /// `apps_v1_deployment_web.yaml`, with the namespace in front where there is one.
    private static func fileName(_ tree: JSON) -> String {
        let version = (tree["apiVersion"].string ?? "").replacing("/", with: "_")
        let parts = [
            tree["metadata"]["namespace"].string ?? "", version, tree["kind"].string ?? "",
            tree["metadata"]["name"].string ?? "",
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "_").lowercased() + ".yaml"
    }
}
