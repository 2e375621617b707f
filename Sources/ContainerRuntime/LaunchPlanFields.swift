// How each part of a plan is written and read. Both sides of a type stand together: a field added to one and forgotten
// in the other shows at once, here and in the round-trip test.

extension NamespacePlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(kind.rawValue)
        writer.put(path)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(kind: try reader.choice(), path: try reader.optionalText())
    }
}

extension IDMapping: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(inside)
        writer.put(outside)
        writer.put(count)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(inside: try reader.number(), outside: try reader.number(), count: try reader.number())
    }
}

extension MountStep: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(kind.rawValue)
        writer.put(source)
        writer.put(destination)
        writer.put(type)
        writer.put(flags)
        writer.put(data)
        writer.put(clearedFlags)
        writer.put(recursiveFlags)
        writer.put(recursiveClearedFlags)
        writer.put(propagation)
        writer.put(copyUp)
        writer.put(uidMappings)
        writer.put(gidMappings)
        writer.put(mapsRecursively)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            kind: try reader.choice(), source: try reader.text(), destination: try reader.text(),
            type: try reader.text(), flags: try reader.number(), data: try reader.text())
        clearedFlags = try reader.number()
        recursiveFlags = try reader.number()
        recursiveClearedFlags = try reader.number()
        propagation = try reader.number()
        copyUp = try reader.flag()
        uidMappings = try reader.fields()
        gidMappings = try reader.fields()
        mapsRecursively = try reader.flag()
    }
}

extension DevicePlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(kind.rawValue)
        writer.put(path)
        writer.put(major)
        writer.put(minor)
        writer.put(mode)
        writer.put(uid)
        writer.put(gid)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            kind: try reader.choice(), path: try reader.text(), major: try reader.number(), minor: try reader.number(),
            mode: try reader.number(), uid: try reader.number(), gid: try reader.number())
    }
}

extension SysctlPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(key)
        writer.put(value)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(key: try reader.text(), value: try reader.text())
    }
}

extension ResourceLimit: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(resource)
        writer.put(soft)
        writer.put(hard)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(resource: try reader.number(), soft: try reader.number(), hard: try reader.number())
    }
}

extension CapabilitySets: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(bounding)
        writer.put(effective)
        writer.put(permitted)
        writer.put(inheritable)
        writer.put(ambient)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            bounding: try reader.number(), effective: try reader.number(), permitted: try reader.number(),
            inheritable: try reader.number(), ambient: try reader.number())
    }
}

extension SeccompPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(bytes: program)
        writer.put(flags)
        writer.put(listenerPath)
        writer.put(listenerMetadata)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            program: try reader.byteString(atMost: PlanLimit.seccompBytes), flags: try reader.number(),
            listenerPath: try reader.optionalText(), listenerMetadata: try reader.text())
        guard program.count % 8 == 0 else { throw .badValue }
    }
}

extension HookPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(moment.rawValue)
        writer.put(path)
        writer.put(arguments)
        writer.put(environment)
        writer.put(timeout)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            moment: try reader.choice(), path: try reader.text(), arguments: try reader.texts(),
            environment: try reader.texts(), timeout: try reader.number())
    }
}

extension CgroupPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(processFiles)
        writer.put(unifiedFolder)
        writer.put(oomCounterFile)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            processFiles: try reader.texts(atMost: PlanLimit.entryCount), unifiedFolder: try reader.optionalText(),
            oomCounterFile: try reader.optionalText())
    }
}

extension LogPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(format.rawValue)
        writer.put(path)
        writer.put(maxSize)
        writer.put(maxFiles)
        writer.put(compresses)
        writer.put(bufferSize)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            format: try reader.choice(), path: try reader.text(), maxSize: try reader.optionalNumber(),
            maxFiles: try reader.number())
        compresses = try reader.flag()
        bufferSize = try reader.optionalNumber()
    }
}

extension SchedulerPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(policy)
        writer.put(nice)
        writer.put(priority)
        writer.put(flags)
        writer.put(runtime)
        writer.put(deadline)
        writer.put(period)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            policy: try reader.number(), nice: try reader.number(), priority: try reader.number(),
            flags: try reader.number(), runtime: try reader.number(), deadline: try reader.number(),
            period: try reader.number())
    }
}

extension ProcessPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(arguments)
        writer.put(environment)
        writer.put(workingFolder)
        writer.put(uid)
        writer.put(gid)
        writer.put(UInt32(additionalGroups.count))
        for group in additionalGroups { writer.put(group) }
        writer.put(umask)
        writer.put(capabilities)
        writer.put(noNewPrivileges)
        writer.put(seccomp)
        writer.put(limits)
        writer.put(oomScoreAdjustment)
        writer.put(appArmorProfile)
        writer.put(selinuxLabel)
        writer.put(personality)
        writer.put(ioPriority)
        writer.put(scheduler)
        writer.put(terminal)
        writer.put(rows)
        writer.put(columns)
        writer.put(stdio.rawValue)
        writer.put(openStdin)
        writer.put(stdinOnce)
        writer.put(preservedDescriptors)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            arguments: try reader.texts(), environment: try reader.texts(), workingFolder: try reader.text())
        guard !arguments.isEmpty else { throw .badValue }
        uid = try reader.number()
        gid = try reader.number()
        for _ in 0..<(try reader.count(atMost: PlanLimit.argumentCount)) {
            additionalGroups.append(try reader.number())
        }
        umask = try reader.optionalNumber()
        capabilities = try reader.optionalField()
        noNewPrivileges = try reader.flag()
        seccomp = try reader.optionalField()
        limits = try reader.fields()
        oomScoreAdjustment = try reader.optionalNumber()
        appArmorProfile = try reader.optionalText()
        selinuxLabel = try reader.optionalText()
        personality = try reader.optionalNumber()
        ioPriority = try reader.optionalNumber()
        scheduler = try reader.optionalField()
        terminal = try reader.flag()
        rows = try reader.number()
        columns = try reader.number()
        stdio = try reader.choice()
        openStdin = try reader.flag()
        stdinOnce = try reader.flag()
        preservedDescriptors = try reader.number()
        guard preservedDescriptors <= PlanLimit.preservedDescriptors else { throw .tooLong }
    }
}

extension LaunchPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(id)
        writer.put(supervision.rawValue)
        writer.put(stateFolder)
        writer.put(process)
        writer.put(rootPath)
        writer.put(actsAsInit)
        writer.put(namespaces)
        writer.put(uidMappings)
        writer.put(gidMappings)
        writer.put(monotonicOffset?.seconds)
        writer.put(monotonicOffset?.nanoseconds)
        writer.put(boottimeOffset?.seconds)
        writer.put(boottimeOffset?.nanoseconds)
        writer.put(hostname)
        writer.put(domainname)
        writer.put(rootIsReadOnly)
        writer.put(rootPropagation)
        writer.put(mounts)
        writer.put(devices)
        writer.put(maskedPaths)
        writer.put(readOnlyPaths)
        writer.put(sysctls)
        writer.put(cgroups)
        writer.put(log)
        writer.put(hooks)
        writer.put(hookStateHead)
        writer.put(hookStateTail)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            id: try reader.text(), supervision: try reader.choice(), stateFolder: try reader.text(),
            process: try reader.field(), rootPath: try reader.text())
        actsAsInit = try reader.flag()
        namespaces = try reader.fields()
        uidMappings = try reader.fields()
        gidMappings = try reader.fields()
        monotonicOffset = try Self.offset(from: &reader)
        boottimeOffset = try Self.offset(from: &reader)
        hostname = try reader.optionalText()
        domainname = try reader.optionalText()
        rootIsReadOnly = try reader.flag()
        rootPropagation = try reader.number()
        mounts = try reader.fields()
        devices = try reader.fields()
        maskedPaths = try reader.texts(atMost: PlanLimit.entryCount)
        readOnlyPaths = try reader.texts(atMost: PlanLimit.entryCount)
        sysctls = try reader.fields()
        cgroups = try reader.field()
        log = try reader.field()
        hooks = try reader.fields()
        hookStateHead = try reader.text()
        hookStateTail = try reader.text()
    }

    private static func offset(
        from reader: inout PlanReader
    ) throws(PlanError) -> (seconds: Int64, nanoseconds: UInt32)? {
        let seconds = try reader.optionalNumber(Int64.self)
        let nanoseconds = try reader.optionalNumber(UInt32.self)
        guard let seconds, let nanoseconds else { return nil }
        return (seconds, nanoseconds)
    }
}

extension ExecPlan: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(id)
        writer.put(supervision.rawValue)
        writer.put(target)
        writer.put(process)
        writer.put(cgroups)
        writer.put(waitsForAttach)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            id: try reader.text(), supervision: try reader.choice(), target: try reader.number(),
            process: try reader.field())
        cgroups = try reader.field()
        waitsForAttach = try reader.flag()
    }
}
