import DockerModel
import Dockerfile
import Engine
import Fault
import ImageStore
import JSON
import OCI

/// One stage from its FROM to its end. Instructions that make a layer are in Steps/.
final class StageRun: Sendable {
    let build: Build
    let stage: BuildPlan.Stage
    /// Stages that this one needs, on their way.
    let needed: [Int: Task<StageState, any Error>]

    var engine: Engine { build.engine }
    var file: Dockerfile { build.plan.file }
    private var definition: Dockerfile.Stage { file.stages[stage.index] }

    init(_ build: Build, _ stage: BuildPlan.Stage, _ needed: [Int: Task<StageState, any Error>]) {
        self.build = build
        self.stage = stage
        self.needed = needed
    }

    func say(_ text: String) async throws { try await build.output.say(text, lane: stage.index) }

    private func announce(_ step: Int, _ instruction: Instruction) async throws {
        try await say("Step \(step)/\(build.plan.steps) : \(instruction.text)\n")
    }

    func run() async throws -> StageState {
        try await announce(stage.firstStep, definition.from)
        var state = try await atLine(definition.from) { try await from() }
        try await tellID(state)
        try await runTriggers(&state)
        for (offset, instruction) in definition.instructions.enumerated() {
            try Task.checkCancellation()
            try await announce(stage.firstStep + 1 + offset, instruction)
            state = try await atLine(instruction) { [state] in
                var next = state
                try await apply(instruction, &next)
                return next
            }
            try await tellID(state)
        }
        return state
    }

    private func tellID(_ state: StageState) async throws {
        let id = Digest(of: state.document().bytes())
        try await say(" ---> \(id.hex.prefix(12))\n")
    }

    /// Errors of an instruction name its line.
    private func atLine<T>(_ instruction: Instruction, _ work: () async throws -> T) async throws -> T {
        do { return try await work() } catch let fault as Fault {
            let line = instruction.lines.lowerBound
            let place = "\(build.request.dockerfile):\(line)"
            if fault.message.hasPrefix("dockerfile parse error") || fault.message.contains(place) { throw fault }
            throw Fault(fault.kind, "\(place): \(fault.message)", cause: fault)
        }
    }

    // MARK: FROM

    private func from() async throws -> StageState {
        if let base = BuildPlan.base(of: definition, at: stage.index, in: file), let task = needed[base] {
            return try await task.value.asBase
        }
        let words = ShellWords(escape: file.escape) { [arguments = build.arguments] in arguments.globalValue($0) }
        let name = try words.expand(definition.base.image)
        guard !name.isEmpty else {
            throw Fault(.invalid, "base name (\(definition.base.image)) should not be blank")
        }
        var platform = build.platform
        if let text = definition.base.platform {
            platform = try Platform(parsing: try words.expand(text))
        }
        if name == "scratch" { return StageState(platform: platform) }
        let asked = definition.base.platform != nil || build.request.platform != nil ? platform : nil
        return StageState(image: try await image(name, platform: asked))
    }

    /// From the store, or pulled.
    func image(_ name: String, platform: Platform?) async throws -> Image {
        let reference = try Reference(parsing: name).withDefaultTag
        if !build.request.pulls, let image = try? await engine.images.image(name) {
            guard let platform, platform.architecture != Platform(image.config).architecture else { return image }
        }
        let output = build.output, lane = stage.index
        try await engine.pullImage(
            reference.familiar, platform: platform.map { "\($0)" }, auth: build.credentials(for: reference),
            progress: { try await output.post($0, lane: lane) })
        return try await engine.images.image(name)
    }

    /// ONBUILD instructions that the base carries run first.
    private func runTriggers(_ state: inout StageState) async throws {
        let triggers = state.settings.json["OnBuild"].strings
        guard !triggers.isEmpty, needed[BuildPlan.base(of: definition, at: stage.index, in: file) ?? -1] == nil else {
            return
        }
        state.settings.json["OnBuild"] = .null
        try await say("# Executing \(triggers.count) build trigger\(triggers.count == 1 ? "" : "s")\n")
        let parser = InstructionParser()
        for trigger in triggers {
            let text = LogicalLine(text: trigger, lines: definition.from.lines)
            try await apply(try parser.parse(text), &state)
        }
    }

    // MARK: Instructions

    private func apply(_ instruction: Instruction, _ state: inout StageState) async throws {
        let words = state.words(file.escape)
        switch instruction.kind {
        case .from: return
        case .argument(let list):
            for argument in list { try declare(argument, &state) }
            return
        case .run(let run): return try await self.run(run, instruction, &state)
        case .transfer(let transfer): return try await self.transfer(transfer, instruction, &state)
        case .workingFolder(let path): return try await enter(try words.expand(path), instruction, &state)
        case .maintainer(let name): state.author = name
        case .stopSignal(let text):
            _ = try Signal.parse(try words.expand(text))
            fallthrough
        default: _ = try state.settings.apply(instruction.kind, words, setsCommand: &state.setsCommand)
        }
        record(instruction.text, &state, emptyLayer: true)
    }

    private func declare(_ argument: BuildArgument, _ state: inout StageState) throws(Fault) {
        let words = state.words(file.escape)
        let standard = try argument.value.map { (text) throws(Fault) in try words.expand(text) }
        state.arguments[argument.name] = build.arguments.value(argument.name, standard: standard)
    }

    func record(_ text: String, _ state: inout StageState, emptyLayer: Bool) {
        state.history.append(
            ImageConfig.History(
                created: rfc3339(state.created), createdBy: text, comment: "buildkit.dockerfile.v0",
                emptyLayer: emptyLayer))
    }
}

extension StageState {
    init(image: Image) {
        self.init(platform: Platform(image.config))
        settings = ImageSettings(image.config["config"])
        layers = image.diffIDs
        history = (try? ImageConfig(image.config))?.history ?? []
        author = image.config["author"].string ?? ""
        created = image.config["created"].string.flatMap(nanoseconds(rfc3339:))
        base = image.id
    }
}

extension Build {
    /// Clients send what they have for all registries; Docker Hub goes by its old address.
    func credentials(for reference: Reference) -> JSON {
        let names =
            reference.registry == "docker.io" ? ["https://index.docker.io/v1/", "docker.io"] : [reference.registry]
        return names.map { request.credentials[$0] }.first { !$0.isNull } ?? .null
    }
}
