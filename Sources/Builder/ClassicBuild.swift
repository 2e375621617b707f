import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import OCI

/// A build by the classic endpoint: told in its stream, its image named in the store.
struct ClassicBuild: Sendable {
    private let request: BuildRequest
    private let build: Build
    private let output: OrderedOutput

    init(
        _ request: BuildRequest, _ inputs: BuildInputs, on builder: Builder, _ sink: @escaping ProgressSink
    ) async throws {
        self.request = request
        for tag in request.tags { _ = try Engine.reference(repository: tag, tag: "") }
        build = try Build(request, inputs, on: builder)
        output = OrderedOutput(lanes: build.plan.stages.map(\.index), isQuiet: request.isQuiet, sink)
    }

    func run() async throws {
        do {
            let built = try await build.run(ClassicListener(output))
            try await finish(built)
        } catch let error as StepError {
            guard let failure = error.error as? StepFailure else { throw error.fault(file: request.dockerfile) }
            try await output.close([failure.json])
        }
    }

    private func finish(_ built: BuiltImage) async throws {
        let engine = build.engine
        let image = try await built.register(in: engine)
        var messages: [JSON] = [["aux": ["ID": .string("\(image.id)")]]]
        if request.isQuiet {
            messages.append(["stream": .string("\(image.id)\n")])
        } else {
            let unused = build.arguments.unused(in: build.plan.file)
            if !unused.isEmpty {
                messages.append([
                    "stream": .string("[Warning] One or more build-args \(unused) were not consumed\n")
                ])
            }
            messages.append(["stream": .string("Successfully built \(image.id.hex.prefix(12))\n")])
        }
        for tag in request.tags {
            try await engine.tagImage("\(image.id)", repository: tag, tag: "")
            let name = try Engine.reference(repository: tag, tag: "").familiar
            if !request.isQuiet { messages.append(["stream": .string("Successfully tagged \(name)\n")]) }
        }
        try await output.close(messages)
    }
}
