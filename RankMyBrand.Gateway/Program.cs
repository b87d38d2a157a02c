using RankMyBrand.Gateway.Documents;
using RankMyBrand.Gateway.Hub;
using RankMyBrand.Gateway.Identity;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddIdentity();
// Without Redis the gateway still serves, so it does not call itself unready then.
builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true);
builder.AddHub();
builder.AddApiDocument();
builder.Services.AddReverseProxy()
    .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
    .AddServiceDiscoveryDestinationResolver();

var app = builder.Build();
app.UseApiPage();
app.UseWebSockets();
app.UseHubTokens();
app.UseIdentity();
app.MapDefaultEndpoints();
app.MapApiDocument();
app.MapHub();
app.MapReverseProxy();
await app.RunAsync();
