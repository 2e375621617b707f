import CLinux
import ContainerNetwork
import ContainerRuntime
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import Logging
import NIOPosix
import OCI

/// A program that a build runs on layers which belong to no image yet.
package struct BuildProcess: Sendable {
    /// 64 hex digits: the name of its root (`Engine.makeBuildRoot`).
    package var id: String
    /// The Engine API's ContainerConfig and HostConfig.
    package var config: JSON
    package var hostConfig: JSON
    package var mounts: [ContainerRecord.MountPoint]

    package init(id: String, config: JSON, hostConfig: JSON, mounts: [ContainerRecord.MountPoint] = []) {
        self.id = id
        self.config = config
        self.hostConfig = hostConfig
        self.mounts = mounts
    }
}

// What builds need of the engine: roots of their own on any layers, and programs that run in them. Neither is a
// container that anybody sees; what a crash leaves of them is swept at the next start, like halves of containers.
extension Engine {
    /// An empty layer over those; mounted when it is returned.
    package func makeBuildRoot(_ id: String, layers: [Digest]) async throws -> SafeRoot {
        try makeFolder(folder(of: id), mode: 0o710)
        let snapshot = try await images.createSnapshot(id, layers: layers)
        return try await NIOThreadPool.singleton.runIfActive {
            // What it holds becomes a layer, whose blob is synced: the root itself needn't reach the disk.
            try RootMount.mount(snapshot, isDisposable: true)
            return try SafeRoot(path: snapshot.merged)
        }
    }

    /// Idempotent. Also in a cancelled task: what was made must go.
    package func discardBuildRoot(_ id: String) async { await Task { await discardFiles(id) }.value }

    /// Runs it to its end and hands its output on as it comes. The mount points that the run needed and nothing was
    /// put into are taken away again. A cancelled task kills the program.
    package func run(
        _ process: BuildProcess, output: @escaping @Sendable (OutputChunk) async throws -> Void
    ) async throws -> Exit {
        let record = try buildRecord(process)
        let input = try await prepare(record, isRecovered: false, marked: false)
        let targets = ["/proc", "/sys", "/dev"] + input.mounts.map(\.destination)
        let stubs = try await NIOThreadPool.singleton.runIfActive {
            try MountStubs(targets, in: SafeRoot(path: input.root))
        }
        let exit: Exit
        do {
            exit = try await execute(record, input, output)
        } catch {
            await release(record)
            throw error
        }
        await release(record)
        try await NIOThreadPool.singleton.runIfActive { try stubs.remove(in: SafeRoot(path: input.root)) }
        return exit
    }

    private func buildRecord(_ process: BuildProcess) throws -> ContainerRecord {
        var host = try ConfigForm.hostConfig(from: process.hostConfig, options: options)
        _ = KernelLimits.here.reduce(&host)
        host["LogConfig"] = ["Type": "none", "Config": [:]]
        var config = try ConfigForm.fill(ConfigForm.config, from: process.config, called: "ContainerConfig")
        config["Hostname"] = "buildkitsandbox"
        var record = ContainerRecord(
            id: process.id, name: "build-\(process.id.prefix(12))", created: nowNanoseconds(), imageID: "",
            platform: "linux", config: config, hostConfig: host, endpoints: [], mounts: process.mounts)
        record.endpoints = [ContainerRecord.Endpoint(network: record.networkMode, settings: [:])]
        return record
    }

    private func execute(
        _ record: ContainerRecord, _ input: SpecInput, _ output: @escaping @Sendable (OutputChunk) async throws -> Void
    ) async throws -> Exit {
        let id = record.id
        let pid = try await runtime.create(
            Launch(id: id, spec: try input.specification(), log: LogFile(format: .none, path: "")))
        let stdio = try await runtime.attach(id, exec: nil, stdin: false)
        var joined = record
        joined.endpoints = try await connect(record, pid: pid)
        try writeHostFiles(joined)
        return try await withTaskCancellationHandler {
            try await runtime.start(id)
            do {
                while let (stream, bytes) = try await stdio.next() {
                    try await output(OutputChunk(stream == 2 ? .stderr : .stdout, bytes))
                }
            } catch {
                try? await runtime.signal(id, SIGKILL, all: true)
                throw error
            }
            await stdio.close()
            let exit = try await runtime.wait(id)
            try Task.checkCancellation()
            return exit
        } onCancel: {
            Task { try? await runtime.signal(id, SIGKILL, all: true) }
        }
    }

    /// Also in a cancelled task.
    private func release(_ record: ContainerRecord) async { await Task { await leave(record) }.value }

    private func leave(_ record: ContainerRecord) async {
        do { try await network.detachAll(record.id) } catch {
            log.warning("build step \(record.shortID): leaving its network: \(sentence(error))")
        }
        do { try await runtime.delete(record.id) } catch {
            log.warning("build step \(record.shortID): removing its runtime state: \(sentence(error))")
        }
    }
}
