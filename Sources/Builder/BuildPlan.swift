import DockerModel
import Dockerfile
import Fault
import JSON
import OCI

/// Which stages a build runs, on what they wait, and how their steps are counted. Pure.
package struct BuildPlan: Sendable {
    package struct Stage: Sendable, Equatable {
        package var index: Int
        /// Stages whose outcome it needs.
        var needs: Set<Int>
        /// The number of its FROM among all steps, from 1.
        var firstStep: Int
    }

    package let file: Dockerfile
    package let target: Int
    /// In the file's order; none that the target doesn't need.
    package let stages: [Stage]
    let steps: Int
    /// Of each stage that begins with an image, the stage by whose name BuildKit's clients know that image's line.
    package let baseTellers: [Int: Int]

    /// - Parameter named: names that stand for something else than a stage.
    init(_ file: Dockerfile, target name: String?, named: Set<String> = []) throws(Fault) {
        self.file = file
        target = try file.target(name)
        var needed: Set<Int> = []
        var open = [target]
        while let index = open.popLast() {
            guard needed.insert(index).inserted else { continue }
            open += Self.needs(of: index, in: file, named)
        }
        var stages: [Stage] = []
        var step = 1
        for index in needed.sorted() {
            stages.append(Stage(index: index, needs: Self.needs(of: index, in: file, named), firstStep: step))
            step += 1 + file.stages[index].instructions.count
        }
        self.stages = stages
        steps = step - 1
        baseTellers = Self.baseTellers(file, target, named)
    }

    /// Lines name their stage: there are several, or images that files are taken from.
    var namesStages: Bool {
        file.stages.count > 1
            || file.stages.contains { stage in stage.instructions.contains { !Self.sources(of: $0).isEmpty } }
    }

    /// Somebody takes files from the build's context.
    package var takesContext: Bool {
        stages.contains { stage in
            file.stages[stage.index].instructions.contains { instruction in
                switch instruction.kind {
                case .transfer(let transfer):
                    return transfer.from == nil && transfer.sources.contains { !$0.contains("://") }
                case .run(let run): return run.mounts.contains { $0.kind == .bind && $0.from == nil }
                default: return false
                }
            }
        }
    }

    /// From the target on, each stage's base first and then what its instructions take from; of several that begin with
    /// the same image the last one tells, as the original's graph has it.
    private static func baseTellers(_ file: Dockerfile, _ target: Int, _ named: Set<String>) -> [Int: Int] {
        var seen: Set<Int> = []
        var stages: [(index: Int, image: String)] = []
        func visit(_ index: Int) {
            guard seen.insert(index).inserted else { return }
            let stage = file.stages[index]
            if let base = base(of: stage, at: index, in: file), !named.contains(stage.base.image.lowercased()) {
                visit(base)
            } else if stage.base.image != "scratch" {
                stages.append((index, "\(stage.base.platform ?? "") \(stage.base.image)"))
            }
            for instruction in stage.instructions {
                for from in sources(of: instruction) where !named.contains(from.lowercased()) {
                    if let other = file.stage(from, before: index) { visit(other) }
                }
            }
        }
        visit(target)
        let tellers = Dictionary(stages.map { ($0.image, $0.index) }) { $1 }
        return Dictionary(stages.map { ($0.index, tellers[$0.image] ?? $0.index) }) { $1 }
    }

    /// Names of stages and images that an instruction takes files from.
    private static func sources(of instruction: Instruction) -> [String] {
        switch instruction.kind {
        case .transfer(let transfer): return transfer.from.map { [$0] } ?? []
        case .run(let run): return run.mounts.compactMap(\.from)
        default: return []
        }
    }

    /// The target and the stages that it is based on: those whose layers the outcome has.
    var outcomeStages: Set<Int> {
        var found: Set<Int> = []
        var next: Int? = target
        while let index = next, found.insert(index).inserted {
            next = Self.base(of: file.stages[index], at: index, in: file)
        }
        return found
    }

    /// Names of stages hold no variables.
    private static func needs(of index: Int, in file: Dockerfile, _ named: Set<String>) -> Set<Int> {
        var needs: Set<Int> = []
        let stage = file.stages[index]
        if let base = Self.base(of: stage, at: index, in: file), !named.contains(stage.base.image.lowercased()) {
            needs.insert(base)
        }
        for instruction in stage.instructions {
            for from in sources(of: instruction) where !named.contains(from.lowercased()) {
                if let other = file.stage(from, before: index) { needs.insert(other) }
            }
        }
        return needs
    }

    /// A base is a stage by its name only: a number is an image's name.
    static func base(of stage: Dockerfile.Stage, at index: Int, in file: Dockerfile) -> Int? {
        guard Int(stage.base.image) == nil else { return nil }
        return file.stage(stage.base.image, before: index)
    }
}

/// What variables are worth, stage by stage (Dockerfile reference, "Using ARG variables"). Pure.
struct BuildArguments: Sendable {
    /// Usable in RUN without an ARG.
    static let predefined: Set<String> = Set(
        ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap { [$0, $0.lowercased()] })

    /// As the client gave them.
    let given: [String: String]
    /// TARGETPLATFORM, BUILDARCH, …
    let automatic: [String: String]
    /// ARG before the first FROM, with their values.
    private(set) var global: [String: String] = [:]

    init(_ request: BuildRequest, _ file: Dockerfile, target: Platform, host: Platform) throws(Fault) {
        given = request.arguments.compactMapValues { $0 }
        automatic = Self.automatic(target: target, host: host)
        for argument in file.arguments {
            let known = global.merging(automatic) { mine, _ in mine }
            let words = ShellWords(escape: file.escape) { known[$0] }
            let standard = try argument.value.map { (text) throws(Fault) in try words.expand(text) }
            if let value = given[argument.name] ?? standard { global[argument.name] = value }
        }
    }

    private static func automatic(target: Platform, host: Platform) -> [String: String] {
        var values: [String: String] = [:]
        for (prefix, platform) in [("TARGET", target), ("BUILD", host)] {
            values[prefix + "PLATFORM"] = "\(platform)"
            values[prefix + "OS"] = platform.os
            values[prefix + "ARCH"] = platform.architecture
            values[prefix + "VARIANT"] = platform.variant ?? ""
        }
        return values
    }

    /// For FROM.
    func globalValue(_ name: String) -> String? { global[name] ?? automatic[name] }

    /// Of an ARG in a stage, `standard` its expanded default; nil: it stays unset.
    func value(_ name: String, standard: String?) -> String? {
        given[name] ?? standard ?? global[name] ?? automatic[name]
    }

    /// Given, but declared nowhere.
    func unused(in file: Dockerfile) -> [String] {
        var declared = Set(file.arguments.map(\.name)).union(Self.predefined)
        declared.insert("SOURCE_DATE_EPOCH")
        for stage in file.stages {
            for case .argument(let arguments) in stage.instructions.map(\.kind) {
                declared.formUnion(arguments.map(\.name))
            }
        }
        return given.keys.filter { !declared.contains($0) && !$0.hasPrefix("BUILDKIT_") }.sorted()
    }
}
