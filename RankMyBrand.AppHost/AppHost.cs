using RankMyBrand.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

var apiKey = builder.AddParameter("apikey", new GenerateParameterDefault { MinLength = 43, Special = false }, secret: true, persist: true)
    .WithDescription("The API key that the gateway asks for. Generated on the first run.");

var postgres = builder.AddPostgres("postgres").WithImage("timescale/timescaledb", "2.27.0-pg17").WithDataVolume();
var database = postgres.AddDatabase("rankmybrand");

// Streams, queues, limits and locks: nothing may be evicted, and an answer means that the write is on disk.
var redis = builder.AddRedis("redis").WithDataVolume()
    .WithServerOptions("--appendonly yes --appendfsync always --maxmemory-policy noeviction");

// What can be fetched anew: the least used goes when the memory is full, and nothing is written to disk.
var cache = builder.AddRedis("cache")
    .WithServerOptions("--maxmemory 256mb --maxmemory-policy allkeys-lfu --save ''");

var chroma = builder.AddChroma("chroma").WithDataVolume();
var minio = builder.AddMinio("minio").WithDataVolume();

var registry = builder.AddProject<Projects.RankMyBrand_Registry>("registry")
    .WithReference(database).WaitFor(database)
    .WithReference(redis).WaitFor(redis)
    .WithReference(cache).WaitFor(cache)
    .WithReference(chroma).WaitFor(chroma)
    .WithReference(minio).WaitFor(minio)
    .WithHttpHealthCheck("/health/ready");

var eventProcessor = builder.AddProject<Projects.RankMyBrand_EventProcessor>("event-processor")
    .WithReplicas(2)
    .WithReference(database).WaitFor(database)
    .WithReference(redis).WaitFor(redis)
    .WaitFor(registry)
    .WithHttpHealthCheck("/health/ready");

builder.AddProject<Projects.RankMyBrand_Gateway>("gateway")
    .WithExternalHttpEndpoints()
    .WithReference(redis).WaitFor(redis)
    .WithReference(registry).WaitFor(registry)
    .WithReference(eventProcessor).WaitFor(eventProcessor)
    .WithEnvironment("Security__ApiKeys__apikey__Key", apiKey)
    .WithEnvironment("Security__ApiKeys__apikey__Scopes__0", "*")
    .WithHttpHealthCheck("/health/ready")
    .WithFirstSteps(apiKey);

builder.Build().Run();
