import Fault
import JSON
import Linux

/// `linux.resources` of the runtime-spec as limits. `update` is for a document that changes a running container's:
/// device rules are left alone then unless it has some.
package func controlGroupLimits(_ resources: JSON, isUpdate: Bool = false) throws(Fault) -> ControlGroupLimits {
    try PlanResources.limits(PlanValue(resources, path: "linux.resources"), isUpdate: isUpdate)
}

enum PlanResources {
    static func limits(_ value: PlanValue, isUpdate: Bool) throws(Fault) -> ControlGroupLimits {
        var limits = ControlGroupLimits()
        limits.memory = try memory(try value["memory"].object())
        limits.cpu = try cpu(try value["cpu"].object())
        limits.blockIO = try blockIO(try value["blockIO"].object())
        limits.pids = try value["pids"].object()["limit"].number()
        for page in try value["hugepageLimits"].list() {
            guard let limit = try page["limit"].number(UInt64.self) else { throw page["limit"].fault("is missing") }
            let size = try page["pageSize"].requiredString()
            guard size.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
                throw page["pageSize"].fault("is \"\(size)\"; it must look like 2MB")
            }
            limits.hugePages.append(.init(size: size, limit: limit))
        }
        for (device, entry) in try value["rdma"].members() {
            limits.rdma.append(
                .init(
                    device: device, handles: try entry["hcaHandles"].number(), objects: try entry["hcaObjects"].number()
                ))
        }
        let network = try value["network"].object()
        limits.networkClass = try network["classID"].number()
        for entry in try network["priorities"].list() {
            guard let priority = try entry["priority"].number(UInt32.self) else {
                throw entry["priority"].fault("is missing")
            }
            limits.networkPriorities.append((try entry["name"].requiredString(), priority))
        }
        for (file, entry) in try value["unified"].members() { limits.unified[file] = try entry.string() ?? "" }
        if !isUpdate || value["devices"].isPresent { limits.devices = try devices(value["devices"]) }
        return limits
    }

    private static func memory(_ value: PlanValue) throws(Fault) -> ControlGroupLimits.Memory {
        var memory = ControlGroupLimits.Memory()
        memory.limit = try value["limit"].number()
        memory.reservation = try value["reservation"].number()
        memory.swap = try value["swap"].number()
        memory.kernelTCP = try value["kernelTCP"].number()
        memory.swappiness = try swappiness(value["swappiness"])
        memory.disableOOMKiller = try value["disableOOMKiller"].bool()
        memory.checkBeforeUpdate = try value["checkBeforeUpdate"].bool() ?? false
        return memory
    }

    /// Clients send -1 for "as it is", some of them as an unsigned number.
    private static func swappiness(_ value: PlanValue) throws(Fault) -> UInt64? {
        if value.json == .int(-1) { return nil }
        let number = try value.number(UInt64.self)
        return number == .max ? nil : number
    }

    private static func cpu(_ value: PlanValue) throws(Fault) -> ControlGroupLimits.CPU {
        var cpu = ControlGroupLimits.CPU()
        cpu.shares = try value["shares"].number()
        cpu.quota = try value["quota"].number()
        cpu.period = try value["period"].number()
        cpu.burst = try value["burst"].number()
        cpu.realtimeRuntime = try value["realtimeRuntime"].number()
        cpu.realtimePeriod = try value["realtimePeriod"].number()
        cpu.cpus = try value["cpus"].string()
        cpu.mems = try value["mems"].string()
        cpu.idle = try value["idle"].number()
        return cpu
    }

    private static func blockIO(_ value: PlanValue) throws(Fault) -> ControlGroupLimits.BlockIO {
        var block = ControlGroupLimits.BlockIO()
        block.weight = try value["weight"].number()
        block.leafWeight = try value["leafWeight"].number()
        for entry in try value["weightDevice"].list() {
            block.weights.append(
                .init(
                    device: try number(entry), weight: try entry["weight"].number(),
                    leafWeight: try entry["leafWeight"].number()))
        }
        block.readBytes = try rates(value["throttleReadBpsDevice"])
        block.writeBytes = try rates(value["throttleWriteBpsDevice"])
        block.readOperations = try rates(value["throttleReadIOPSDevice"])
        block.writeOperations = try rates(value["throttleWriteIOPSDevice"])
        return block
    }

    private static func number(_ entry: PlanValue) throws(Fault) -> ControlGroupLimits.DeviceNumber {
        guard let major = try entry["major"].number(Int64.self), let minor = try entry["minor"].number(Int64.self)
        else {
            throw entry.fault("needs major and minor")
        }
        return .init(major: major, minor: minor)
    }

    private static func rates(_ value: PlanValue) throws(Fault) -> [ControlGroupLimits.DeviceRate] {
        var rates: [ControlGroupLimits.DeviceRate] = []
        for entry in try value.list() {
            guard let rate = try entry["rate"].number(UInt64.self) else { throw entry["rate"].fault("is missing") }
            rates.append(.init(device: try number(entry), rate: rate))
        }
        return rates
    }

    private static func devices(_ value: PlanValue) throws(Fault) -> [DeviceRule] {
        var rules: [DeviceRule] = []
        for entry in try value.list() {
            let kind: DeviceRule.Kind
            switch try entry["type"].string() ?? "a" {
            case "a", "": kind = .all
            case "c", "u": kind = .character
            case "b": kind = .block
            case let other: throw entry["type"].fault("is \"\(other)\"; it must be a, c or b")
            }
            let text = try entry["access"].string() ?? "rwm"
            guard let access = DeviceRule.Access(text) else {
                throw entry["access"].fault("is \"\(text)\"; it must be made of r, w and m")
            }
            rules.append(
                DeviceRule(
                    allow: try entry["allow"].bool() ?? false, kind: kind, major: try wildcard(entry["major"]),
                    minor: try wildcard(entry["minor"]), access: access.isEmpty ? .all : access))
        }
        return rules
    }

    /// -1 is every number, as nothing is.
    private static func wildcard(_ value: PlanValue) throws(Fault) -> Int64? {
        guard let number = try value.number(Int64.self), number != -1 else { return nil }
        guard number >= 0 else { throw value.fault("must not be negative") }
        return number
    }
}
