extension RoleTable {
    /// The cluster roles that every cluster of 1.36 has, with the features that are on by default.
    static let clusterRoles = parse(
        """
        cluster-admin
          * * *
          * *
        system:discovery
          get /livez,/readyz,/healthz,/version,/version/,/openapi,/openapi/*,/api,/api/*,/apis,/apis/*
        system:monitoring
          get /metrics,/metrics/slis,/livez,/readyz,/healthz,/livez/*,/readyz/*,/healthz/*,/flagz,/statusz
          get core nodes/metrics
        system:basic-user
          create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
          create authentication.k8s.io selfsubjectreviews
        system:public-info-viewer
          get /livez,/readyz,/healthz,/version,/version/
        admin
          aggregate admin
        edit admin
          aggregate edit
        view edit
          aggregate view
        system:aggregate-to-admin admin
          create authorization.k8s.io localsubjectaccessreviews
          readwrite rbac.authorization.k8s.io roles,rolebindings
        system:aggregate-to-edit edit
          read core pods/attach,pods/proxy,pods/exec,pods/portforward,secrets,services/proxy
          impersonate core serviceaccounts
          write core pods,pods/attach,pods/proxy,pods/exec,pods/portforward
          create core pods/eviction
          write core \(editCore)
          create core serviceaccounts/token
          write core,events.k8s.io events
          write apps \(editApps)
          write autoscaling horizontalpodautoscalers
          write batch jobs,cronjobs
          write extensions \(editExtensions)
          write policy poddisruptionbudgets
          write networking.k8s.io networkpolicies,ingresses
          readwrite coordination.k8s.io leases
          write resource.k8s.io resourceclaims,resourceclaimtemplates
        system:aggregate-to-view view
          read core \(viewCore)
          read core \(viewStatus)
          read core namespaces
          read core,events.k8s.io events
          read discovery.k8s.io endpointslices
          read apps \(viewApps)
          read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
          read batch jobs,cronjobs,cronjobs/status,jobs/status
          read extensions \(viewExtensions)
          read policy poddisruptionbudgets,poddisruptionbudgets/status
          read networking.k8s.io networkpolicies,ingresses,ingresses/status
          read resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates
        system:heapster
          read core events,pods,nodes,namespaces
          read extensions deployments
        system:node
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews,localsubjectaccessreviews
          read core services
          create,get,list,watch core nodes
          update,patch core nodes/status
          update,patch core nodes
          create,update,patch core,events.k8s.io events
          read core pods
          create,delete core pods
          update,patch core pods/status
          create core pods/eviction
          read core secrets,configmaps
          get core persistentvolumeclaims,persistentvolumes
          get core endpoints
          create,get,list,watch certificates.k8s.io certificatesigningrequests
          get,create,update,patch,delete coordination.k8s.io leases
          get storage.k8s.io volumeattachments
          create core serviceaccounts/token
          get,update,patch core persistentvolumeclaims/status
          read storage.k8s.io csidrivers
          get,create,update,patch,delete storage.k8s.io csinodes
          read node.k8s.io runtimeclasses
          get resource.k8s.io resourceclaims
          deletecollection resource.k8s.io resourceslices
          get core serviceaccounts
        system:node-problem-detector
          get core nodes
          patch core nodes/status
          events
        system:node-bootstrapper
          create,get,list,watch certificates.k8s.io certificatesigningrequests
        system:auth-delegator
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews
        system:kube-aggregator
          read core services,endpoints
        system:kube-controller-manager
          events
          create coordination.k8s.io leases
          get,update coordination.k8s.io leases kube-controller-manager
          create core secrets,serviceaccounts
          delete core secrets
          get core namespaces,secrets,serviceaccounts,configmaps
          update core secrets,serviceaccounts
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews
          list,watch * *
          create core serviceaccounts/token
        system:kube-dns
          list,watch core endpoints,services
        system:persistent-volume-provisioner
          get,list,watch,create,delete core persistentvolumes
          get,list,watch,update core persistentvolumeclaims
          read storage.k8s.io storageclasses
          watch core events
          events
        system:certificates.k8s.io:certificatesigningrequests:nodeclient
          create certificates.k8s.io certificatesigningrequests/nodeclient
        system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
          create certificates.k8s.io certificatesigningrequests/selfnodeclient
        system:volume-scheduler
          readupdate core persistentvolumes
          read storage.k8s.io storageclasses
          readupdate core persistentvolumeclaims
        system:certificates.k8s.io:legacy-unknown-approver
          approve certificates.k8s.io signers kubernetes.io/legacy-unknown
        system:certificates.k8s.io:kubelet-serving-approver
          approve certificates.k8s.io signers kubernetes.io/kubelet-serving
        system:certificates.k8s.io:kube-apiserver-client-approver
          approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client
        system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
          approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
        system:service-account-issuer-discovery
          get \(issuerPaths)
        system:kubelet-api-admin
          read core nodes
          proxy core nodes
          * core nodes/proxy,nodes/metrics,nodes/stats,nodes/log
          * core nodes/pods,nodes/healthz,nodes/configz
        system:node-proxier
          list,watch core services,endpoints
          read core nodes
          events
          list,watch networking.k8s.io servicecidrs
          list,watch discovery.k8s.io endpointslices
        system:kube-scheduler
          events
          create coordination.k8s.io leases
          get,update,list,watch coordination.k8s.io leases kube-scheduler
          readwrite coordination.k8s.io leasecandidates
          read core nodes
          get,list,watch,delete core pods
          create core pods/binding,bindings
          patch,update core pods/status
          read core services,replicationcontrollers
          read apps,extensions replicasets
          read apps statefulsets
          read policy poddisruptionbudgets
          read core persistentvolumeclaims,persistentvolumes
          create authentication.k8s.io tokenreviews
          create authorization.k8s.io subjectaccessreviews
          read storage.k8s.io csinodes
          read storage.k8s.io volumeattachments
          read core namespaces
          read storage.k8s.io csidrivers
          read storage.k8s.io csistoragecapacities
          read resource.k8s.io deviceclasses
          readupdate resource.k8s.io resourceclaims
          readupdate resource.k8s.io resourceclaims/status
          update core pods/finalizers
          read resource.k8s.io resourceslices
          create,delete resource.k8s.io resourceclaims
          update,patch resource.k8s.io resourceclaims/binding
        """)

    private static let editCore =
        "replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/proxy,"
        + "persistentvolumeclaims,configmaps,secrets"
    private static let editApps =
        "statefulsets,statefulsets/scale,daemonsets,deployments,deployments/scale,deployments/rollback,"
        + "replicasets,replicasets/scale"
    private static let editExtensions =
        "daemonsets,deployments,deployments/scale,deployments/rollback,ingresses,replicasets,replicasets/scale,"
        + "replicationcontrollers/scale,networkpolicies"
    private static let viewCore =
        "pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status,endpoints,"
        + "persistentvolumeclaims,persistentvolumeclaims/status,configmaps"
    private static let viewStatus =
        "limitranges,resourcequotas,bindings,pods/status,resourcequotas/status,namespaces/status,"
        + "replicationcontrollers/status,pods/log"
    private static let viewApps =
        "controllerrevisions,statefulsets,statefulsets/status,statefulsets/scale,daemonsets,daemonsets/status,"
        + "deployments,deployments/status,deployments/scale,replicasets,replicasets/status,replicasets/scale"
    private static let viewExtensions =
        "daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,"
        + "replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale,networkpolicies"
    private static let issuerPaths =
        "/.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/"
}
