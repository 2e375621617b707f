import Compose

/// `watch`, beside an attached project.
struct WatchRun: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let printer: LogPrinter

    func run() async throws {}
}
