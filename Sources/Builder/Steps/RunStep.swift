import CLinux
import ContainerRuntime
import DockerModel
import Dockerfile
import Engine
import Fault
import JSON
import Linux
import NIOCore
import OCI

// RUN: a program on the stage's layers.
extension StageRun {
    func run(_ run: Run, _ step: BuildStep, _ state: inout StageState) async throws {
        let current = state
        let environment = runEnvironment(current)
        let program = try RunProgram(run, current.settings)
        if case .define = mode {
            for from in run.mounts.compactMap(\.from) where try await definition(ofStage: from) != nil {
                throw NotDefined()
            }
        }
        let mounts = try await RunMounts.resolve(run, current, step, self)
        try await hear(.ready, of: step)
        do {
            let key = try runKey(run, program, environment, mounts, current)
            try await layer(
                StepKeys(key), step, history: history(program, current),
                description: "mount / from exec \(program.words.joined(separator: " "))", &state
            ) { id, _ in
                try await self.execute(program, environment, mounts, run, current, step, id)
            }
        } catch {
            await mounts.release()
            throw error
        }
        await mounts.release()
    }

    /// The image's variables, and the ARGs that have a value and no variable of that name.
    private func runEnvironment(_ state: StageState) -> [String] {
        var entries = state.settings.json["Env"].strings
        let names = Set(state.settings.environment.map(\.name))
        var arguments = state.arguments
        for name in BuildArguments.predefined {
            if let value = build.arguments.given[name] { arguments[name] = value }
        }
        entries += arguments.filter { !names.contains($0.key) }.sorted { $0.key < $1.key }.map {
            "\($0.key)=\($0.value)"
        }
        if !names.contains("PATH") {
            entries.append("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        }
        return entries
    }

    private func runKey(
        _ run: Run, _ program: RunProgram, _ environment: [String], _ mounts: RunMounts, _ state: StageState
    ) throws -> Digest {
        // Proxies decide how something is fetched, not what.
        let counted = environment.filter { entry in
            let name = String(entry.prefix { $0 != "=" })
            return !BuildArguments.predefined.contains(name)
                || state.arguments[name] != nil || state.settings.environment.contains { $0.name == name }
        }
        let facts: JSON = [
            "run": JSON(program.words), "script": program.script.map { .string($0.content) } ?? .null,
            "environment": JSON(counted.sorted()), "user": .string(state.settings.user),
            "folder": .string(state.settings.workingFolder), "mounts": JSON(mounts.facts),
            "network": .string(run.network ?? ""), "security": .string(run.security ?? ""),
        ]
        return Digest(of: facts.bytes())
    }

    private func history(_ program: RunProgram, _ state: StageState) -> String {
        let words = program.words.joined(separator: " ")
        let arguments = state.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        guard !arguments.isEmpty else { return "RUN \(words) # buildkit" }
        return "RUN |\(arguments.count) \(arguments.joined(separator: " ")) \(words) # buildkit"
    }

    private func execute(
        _ program: RunProgram, _ environment: [String], _ mounts: RunMounts, _ run: Run, _ state: StageState,
        _ step: BuildStep, _ id: String
    ) async throws {
        try await hear(.running(id), of: step)
        let mounts = try await mounts.withSecrets(self)
        var host = build.request.host
        if run.network == "none" || run.network == "host" { host["NetworkMode"] = .string(run.network ?? "") }
        if run.security == "insecure" { host["Privileged"] = true }
        var points = mounts.points
        if let script = program.script {
            let path = build.inputs.work + "/\(id).script"
            try await onPool { try script.write(to: path) }
            points.append(RunMounts.bind(path, on: script.path, isWritable: false))
        }
        let config: JSON = [
            "Env": JSON(environment + mounts.variables), "User": .string(state.settings.user),
            "WorkingDir": .string(state.settings.workingFolder), "Entrypoint": JSON(program.words),
        ]
        let process = BuildProcess(id: id, config: config, hostConfig: host, mounts: points)
        let exit = try await engine.run(process) { chunk in try await self.hear(.output(chunk), of: step) }
        guard exit.code == 0 else {
            throw StepFailure(program: program.words.joined(separator: " "), code: exit.code)
        }
        try await hear(.ran(id), of: step)
    }
}

/// What a RUN executes.
struct RunProgram: Sendable {
    struct Script: Sendable {
        var content: String
        /// Where the run sees it.
        var path: String

        func write(to file: String) throws {
            let descriptor = try OwnedDescriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o755)
            try descriptor.writeAll(Array(content.utf8), subject: file)
        }
    }

    var words: [String]
    /// A here-document that says itself what interprets it.
    var script: Script?

    init(_ run: Run, _ settings: ImageSettings) throws {
        guard case .shell(let line) = run.command, !run.documents.isEmpty else {
            words = settings.words(run.command)
            return
        }
        if run.documents.count == 1, let name = HereDocument.nameMarked(by: line), let document = run.documents.first {
            if document.content.hasPrefix("#!") {
                let path = "/dev/pipes/\(name)"
                words = [path]
                script = Script(content: document.content, path: path)
            } else {
                words = settings.shell + [document.content]
            }
            return
        }
        // The shell reads them itself.
        words = settings.shell + [run.documents.reduce(line) { "\($0)\n\($1.content)\($1.name)" }]
    }
}
