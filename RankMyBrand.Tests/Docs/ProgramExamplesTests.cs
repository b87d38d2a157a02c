using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Docs
{
    /// <summary>The programs of the pages run as processes and do what the pages say.</summary>
    public sealed class ProgramExamplesTests
    {
        private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

        [Fact]
        public async Task ServiceDefaults_TheExample_GreetsAndNamesErrors()
        {
            await using var example = ExampleProcess.Start(typeof(Examples.ServiceDefaults.Example), ("Greeting__Word", "Hi"));
            using var client = new HttpClient { BaseAddress = await example.AddressAsync(Cancellation) };

            var greeting = await client.GetStringAsync("/greetings/Ada", Cancellation);
            using var missing = await client.GetAsync("/greetings/nobody", Cancellation);
            var problem = await missing.Content.ReadFromJsonAsync<JsonObject>(Cancellation);
            using var ready = await client.GetAsync("/health/ready", Cancellation);

            Assert.Equal("Hi, Ada!", greeting);
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
            Assert.Equal(("NOT_FOUND", "There is nobody to greet."), ((string?)problem!["code"], (string?)problem["detail"]));
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        [Fact]
        public async Task ServiceDefaults_ABadSetting_StopsTheStartAndIsNamed()
        {
            await using var example = ExampleProcess.Start(
                typeof(Examples.ServiceDefaults.Example), ("Greeting__Word", new string('x', 21)));

            Assert.NotEqual(0, await example.ExitCodeAsync(Cancellation));
            Assert.Contains("Configuration 'Greeting:Word' is not valid", example.Output, StringComparison.Ordinal);
        }

        [Fact]
        public async Task RateLimits_TheSixthRequest_IsRefusedAsThePageSays()
        {
            await using var redis = await RedisServer.StartAsync(Cancellation);
            await using var example = ExampleProcess.Start(
                typeof(Examples.RateLimits.Example),
                ("ConnectionStrings__redis", redis.EndPoint),
                ("RateLimits__Policies__caller__Permits", "5"),
                ("RateLimits__Policies__caller__PartitionBy__0", "Ip"),
                ("RateLimits__Policies__inflight__Algorithm", "Concurrency"),
                ("RateLimits__Policies__inflight__Permits", "100"));
            using var client = new HttpClient { BaseAddress = await example.AddressAsync(Cancellation) };

            for (var i = 0; i < 5; i++)
                Assert.Equal("hello", await client.GetStringAsync("/", Cancellation));
            using var sixth = await client.GetAsync("/", Cancellation);

            Assert.True(sixth.StatusCode == HttpStatusCode.TooManyRequests, $"{sixth}\n{example.Output}");
            Assert.StartsWith("\"caller\";q=5;w=60", Assert.Single(sixth.Headers.GetValues("RateLimit-Policy")), StringComparison.Ordinal);
            Assert.StartsWith("\"caller\";r=0;t=", Assert.Single(sixth.Headers.GetValues("RateLimit")), StringComparison.Ordinal);
            Assert.InRange(sixth.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));
        }

        [Fact]
        public void FirstModule_InTheAppHost_RefersToRedisAndWaitsForIt()
        {
            using var builder = DistributedApplicationTestingBuilder.Create();
            var redis = builder.AddRedis("redis");

            Examples.FirstModule.Example.AddTo(builder, redis);

            var words = Assert.Single(builder.Resources.OfType<ProjectResource>());
            Assert.Equal("words", words.Name);
            Assert.Contains(words.Annotations.OfType<WaitAnnotation>(), wait => wait.Resource == redis.Resource);
            Assert.Single(words.Annotations.OfType<HealthCheckAnnotation>());
        }
    }
}

namespace Projects
{
    /// <summary>Stands for what the SDK makes of the project that a reader adds; it is not started here.</summary>
    internal sealed class RankMyBrand_Words : IProjectMetadata
    {
        public string ProjectPath => new RankMyBrand_Registry().ProjectPath;
    }
}
