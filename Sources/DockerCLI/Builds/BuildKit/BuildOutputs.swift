import BuildClient
import CommandLine
import Glibc

/// Where a build's results go, from `--output`, `--push` and `--load`.
struct BuildOutputs: Sendable {
    private(set) var outputs: [BuildOrder.Output] = []
    /// On this machine, by the outputs' numbers.
    private(set) var places: [Int: ExportPlace] = [:]
    /// Folders of content (`tar=false`).
    private(set) var stores: [String: String] = [:]
    /// Names of images that the builder can't push by itself.
    private(set) var pushedLater: [String] = []

    /// - Parameters:
    ///   - names: of the image, for outputs that name none.
    ///   - takesAll: the builder knows other outputs than its own images.
    init(_ options: BuildOptions, names: [String], out: Output, takesAll: Bool) throws(Failure) {
        var wanted: [BuildOrder.Output] = []
        for text in options.outputs { wanted.append(try Self.parse(text)) }
        if options.pushes { Self.push(&wanted) }
        if options.loads, !wanted.contains(where: { $0.type == "docker" }) {
            wanted.append(BuildOrder.Output(type: "docker"))
        }
        if wanted.isEmpty { wanted = [BuildOrder.Output(type: "image")] }
        for (number, output) in wanted.enumerated() {
            outputs.append(try place(output, number, names, out, takesAll: takesAll))
        }
    }

    static func parse(_ text: String) throws(Failure) -> BuildOrder.Output {
        if text == "-" { return BuildOrder.Output(type: "tar", attributes: ["dest": "-"]) }
        if !text.contains("=") { return BuildOrder.Output(type: "local", attributes: ["dest": text]) }
        var fields = try BuildFields(text)
        guard let type = fields.take("type"), !type.isEmpty else { throw Failure("type is required for output") }
        if type == "registry" {
            fields.values["push"] = "true"
            return BuildOrder.Output(type: "image", attributes: fields.values)
        }
        return BuildOrder.Output(type: type, attributes: fields.values)
    }

    private static func push(_ wanted: inout [BuildOrder.Output]) {
        if let image = wanted.firstIndex(where: { $0.type == "image" }) {
            wanted[image].attributes["push"] = "true"
        } else {
            wanted.append(BuildOrder.Output(type: "image", attributes: ["push": "true"]))
        }
    }

    private mutating func place(
        _ output: BuildOrder.Output, _ number: Int, _ names: [String], _ out: Output, takesAll: Bool
    ) throws(Failure) -> BuildOrder.Output {
        var output = output
        let dest = output.attributes.removeValue(forKey: "dest") ?? ""
        if ["image", "oci", "docker"].contains(output.type), output.attributes["name"] == nil, !names.isEmpty {
            output.attributes["name"] = names.joined(separator: ",")
        }
        switch output.type {
        case "local":
            guard !dest.isEmpty else { throw Failure("dest is required for local exporter") }
            guard dest != "-" else { throw Failure("dest cannot be stdout for local exporter") }
            places[number] = .folder(HostPath.absolute(dest))
        case "image": break
        case "docker" where dest.isEmpty: output.type = "image"
        case "tar", "oci", "docker":
            if output.attributes["tar"] == "false" {
                guard !dest.isEmpty, dest != "-" else {
                    throw Failure("dest is required for \(output.type) exporter with tar=false")
                }
                stores["export"] = HostPath.absolute(dest)
            } else {
                places[number] = try Self.file(dest, output.type, out)
            }
        default: throw Failure("failed to solve: exporter \(GoText.quote(output.type)) could not be found")
        }
        guard takesAll || output.type == "image" || ["local", "tar"].contains(output.type) else {
            throw Failure(
                "\(output.type == "oci" ? "OCI" : "Docker") exporter is not supported for the docker driver.\n"
                    + "Switch to a different driver, or turn on the containerd image store, and try again.")
        }
        if output.type == "image", !takesAll {
            output.type = "moby"
            if output.attributes.removeValue(forKey: "push") == "true" {
                guard let name = output.attributes["name"] else {
                    throw Failure("tag is needed when pushing to registry")
                }
                pushedLater += name.split(separator: ",").map(String.init)
            }
        }
        return output
    }

    private static func file(_ dest: String, _ type: String, _ out: Output) throws(Failure) -> ExportPlace {
        guard !dest.isEmpty, dest != "-" else {
            if out.isTerminal {
                throw Failure("dest file is required for \(type) exporter. refusing to write to console")
            }
            return .stream(out)
        }
        var found = stat()
        if stat(dest, &found) == 0, found.st_mode & S_IFMT == S_IFDIR {
            throw Failure("destination file \(dest) is a directory")
        }
        return .file(HostPath.absolute(dest))
    }
}
