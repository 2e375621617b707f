import Fault
import JSON

/// `hooks` of the runtime-spec.
enum PlanHooks {
    private static let moments: [(name: String, moment: HookPlan.Moment)] = [
        ("prestart", .prestart), ("createRuntime", .createRuntime), ("createContainer", .createContainer),
        ("startContainer", .startContainer), ("poststart", .poststart),
    ]

    static func plan(_ value: PlanValue) throws(Fault) -> [HookPlan] {
        var hooks: [HookPlan] = []
        for (name, moment) in moments {
            for entry in try value[name].list() { hooks.append(try hook(entry, moment)) }
        }
        // Checked now, though they are run when the container is deleted: too late to refuse them then.
        _ = try poststop(value)
        return hooks
    }

    /// Run by whoever deletes the container; the moment says nothing here.
    static func poststop(_ value: PlanValue) throws(Fault) -> [HookPlan] {
        var hooks: [HookPlan] = []
        for entry in try value["poststop"].list() { hooks.append(try hook(entry, .poststart)) }
        return hooks
    }

    private static func hook(_ entry: PlanValue, _ moment: HookPlan.Moment) throws(Fault) -> HookPlan {
        let path = try entry["path"].requiredString()
        guard path.hasPrefix("/") else { throw entry["path"].fault("is \"\(path)\"; it must be absolute") }
        let arguments = try entry["args"].strings()
        let timeout = try entry["timeout"].number(UInt32.self)
        if timeout == 0 { throw entry["timeout"].fault("must be above 0") }
        return HookPlan(
            moment: moment, path: path, arguments: arguments.isEmpty ? [path] : arguments,
            environment: try entry["env"].strings(), timeout: timeout ?? 0)
    }
}
