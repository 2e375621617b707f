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
    private let listener: any BuildListener
    private let name: String
    let mode: Mode

    enum Mode: Sendable {
        case run
        /// Nothing runs: only definitions are followed. Where the outcome's own layers are made (`finds`), they are
        /// looked up by what they are defined as; without one the whole attempt ends with `NotDefined`.
        case define(finds: Bool)
    }

    var engine: Engine { build.engine }
    var file: Dockerfile { build.plan.file }
    private var definition: Dockerfile.Stage { file.stages[stage.index] }

    init(
        _ build: Build, _ stage: BuildPlan.Stage, _ needed: [Int: Task<StageState, any Error>],
        _ listener: any BuildListener, mode: Mode = .run
    ) {
        self.mode = mode
        self.build = build
        self.stage = stage
        self.needed = needed
        self.listener = listener
        name = Self.name(ofStage: stage.index, build.plan)
    }

    func hear(_ event: BuildEvent, of step: BuildStep) async throws { try await listener.hear(event, of: step) }

    /// Whether what was made before may be taken.
    var usesCache: Bool {
        build.request.usesCache
            && !build.request.uncachedStages.contains { $0.lowercased() == (definition.base.alias ?? "\(stage.index)") }
    }

    func run() async throws -> StageState {
        let steps = try steps()
        var state = try await take(steps[0]) { try await self.from(steps[0]) }
        try await runTriggers(&state, steps[0])
        for var step in steps.dropFirst() {
            try Task.checkCancellation()
            step.title = state.shown(step.instruction.text)
            state = try await take(step) { [state, step] in
                var next = state
                try await self.apply(step.instruction, step, &next)
                return next
            }
        }
        return state
    }

    /// Tells of a step's beginning and end, and where it failed.
    private func take(_ step: BuildStep, _ work: () async throws -> StageState) async throws -> StageState {
        try await hear(.began, of: step)
        do {
            let state = try await work()
            try await hear(.ended(Digest(of: state.document().bytes())), of: step)
            return state
        } catch {
            try? await hear(.failed(error), of: step)
            // A cancelled step or another stage's failure is nothing of this line's.
            if error is CancellationError || error is StepError { throw error }
            throw StepError(error: error, step: step)
        }
    }

    /// FROM first.
    private func steps() throws -> [BuildStep] {
        var steps: [BuildStep] = []
        var fileSteps = 0
        for (offset, instruction) in ([definition.from] + definition.instructions).enumerated() {
            var step = BuildStep(
                stage: stage.index, stageName: name, platform: build.platform, instruction: instruction,
                number: stage.firstStep + offset, total: build.plan.steps, title: instruction.text)
            if Self.isFileStep(instruction, ofStage: stage.index, file) {
                fileSteps += 1
                step.fileStep = fileSteps
            }
            steps.append(step)
        }
        if steps[0].fileStep > 0 {
            if let shown = try? shownBase() { steps[0].title = "FROM \(shown)" }
            if let teller = build.plan.baseTellers[stage.index], teller != stage.index {
                let other = file.stages[teller]
                steps[0].teller = BuildStep.Teller(
                    stage: teller, stageName: Self.name(ofStage: teller, build.plan),
                    fileSteps: ([other.from] + other.instructions).count {
                        Self.isFileStep($0, ofStage: teller, file)
                    })
            }
        }
        if build.inputs.named(definition.base.image) != nil { standIn(&steps) }
        for index in steps.indices { steps[index].fileSteps = fileSteps }
        return steps
    }

    /// What stands for an image has no number, and is counted all the same.
    private func standIn(_ steps: inout [BuildStep]) {
        let context = definition.base.image
        if case .image(let image) = build.inputs.named(context) {
            steps[0].line = .context(context)
            steps[0].title = "FROM \(image)"
        }
        for index in steps.indices where steps[index].fileStep > 0 { steps[index].fileStep -= 1 }
    }

    private static func name(ofStage index: Int, _ plan: BuildPlan) -> String {
        plan.namesStages ? plan.file.stages[index].base.alias ?? "stage-\(index)" : ""
    }

    private static func isFileStep(_ instruction: Instruction, ofStage index: Int, _ file: Dockerfile) -> Bool {
        switch instruction.kind {
        case .from:
            let stage = file.stages[index]
            return BuildPlan.base(of: stage, at: index, in: file) == nil && stage.base.image != "scratch"
        case .run, .transfer, .workingFolder: return true
        default: return false
        }
    }

    // MARK: FROM

    private func baseName() throws -> String {
        let words = ShellWords(escape: file.escape) { [arguments = build.arguments] in arguments.globalValue($0) }
        let name = try words.expand(definition.base.image)
        guard !name.isEmpty else {
            throw Fault(.invalid, "base name (\(definition.base.image)) should not be blank")
        }
        guard let named = build.inputs.named(name) else { return name }
        switch named {
        case .image(let image): return image
        case .built: return name
        case .tree: throw Fault(.invalid, "\(name) is a folder: COPY --from takes from it, FROM needs an image")
        }
    }

    private func shownBase() throws -> String { try Reference(parsing: try baseName()).withDefaultTag.canonical }

    private func from(_ step: BuildStep) async throws -> StageState {
        if build.inputs.named(definition.base.image) == nil,
            let base = BuildPlan.base(of: definition, at: stage.index, in: file), let task = needed[base]
        {
            return try await task.value.asBase
        }
        let name = try baseName()
        var platform = build.platform
        if let text = definition.base.platform {
            let words = ShellWords(escape: file.escape) { [arguments = build.arguments] in arguments.globalValue($0) }
            platform = try Platform(parsing: try words.expand(text))
        }
        if case .built(let load) = build.inputs.named(definition.base.image) {
            return try StageState(built: try await load())
        }
        if name == "scratch" { return StageState(platform: platform) }
        let asked = definition.base.platform != nil || build.request.platform != nil ? platform : nil
        return StageState(image: try await image(name, platform: asked, step))
    }

    /// From the store, or pulled.
    func image(_ name: String, platform: Platform?, _ step: BuildStep) async throws -> Image {
        let reference = try Reference(parsing: name).withDefaultTag
        if !build.request.pulls, let image = try? await engine.images.image(name) {
            let isRight = platform.map { $0.architecture == Platform(image.config).architecture } ?? true
            if isRight {
                if case .from(_) = step.instruction.kind { try await hear(.cached, of: step) }
                return image
            }
        }
        do {
            try await engine.pullImage(
                reference.familiar, platform: platform.map { "\($0)" }, auth: await build.credentials(for: reference),
                progress: { try await self.hear(.pull($0), of: step) })
        } catch {
            if error is CancellationError { throw error }
            throw ImageMissing(name: name, reference: reference, error: error)
        }
        return try await engine.images.image(name)
    }

    /// ONBUILD instructions that the base carries run first.
    private func runTriggers(_ state: inout StageState, _ step: BuildStep) async throws {
        let triggers = state.settings.json["OnBuild"].strings
        guard !triggers.isEmpty, needed[BuildPlan.base(of: definition, at: stage.index, in: file) ?? -1] == nil else {
            return
        }
        state.settings.json["OnBuild"] = .null
        try await hear(.triggers(triggers.count), of: step)
        let parser = InstructionParser()
        for trigger in triggers {
            let text = LogicalLine(text: trigger, lines: definition.from.lines)
            var step = step
            step.instruction = try parser.parse(text)
            step.isTrigger = true
            try await apply(step.instruction, step, &state)
        }
    }

    // MARK: Instructions

    private func apply(_ instruction: Instruction, _ step: BuildStep, _ state: inout StageState) async throws {
        let words = state.words(file.escape)
        switch instruction.kind {
        case .from: return
        case .argument(let list):
            for argument in list { try declare(argument, &state) }
            return
        case .run(let run): return try await self.run(run, step, &state)
        case .transfer(let transfer): return try await self.transfer(transfer, step, &state)
        case .workingFolder(let path): return try await enter(try words.expand(path), step, &state)
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
        self.init(config: image.config, layers: image.diffIDs)
        base = image.id
    }

    init(built: BuiltImage) throws {
        self.init(config: try JSON(parsing: built.config), layers: built.layers)
        base = built.base
    }

    private init(config: JSON, layers: [Digest]) {
        self.init(platform: Platform(config))
        settings = ImageSettings(config["config"])
        self.layers = layers
        definition = chain
        history = (try? ImageConfig(config))?.history ?? []
        author = config["author"].string ?? ""
        created = config["created"].string.flatMap(nanoseconds(rfc3339:))
    }
}

extension Build {
    /// Clients send what they have for all registries, or are asked; Docker Hub goes by its old address.
    func credentials(for reference: Reference) async -> JSON {
        if let session = inputs.session { return await session.credentials(reference.registry) }
        let names =
            reference.registry == "docker.io" ? ["https://index.docker.io/v1/", "docker.io"] : [reference.registry]
        return names.map { request.credentials[$0] }.first { !$0.isNull } ?? .null
    }
}
