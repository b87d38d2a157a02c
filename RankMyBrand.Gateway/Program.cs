using RankMyBrand.Gateway.Documents;
using RankMyBrand.Gateway.Http;
using RankMyBrand.Gateway.Hub;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.Gateway.RateLimits;
using RankMyBrand.Gateway.Routing;
using RankMyBrand.ServiceDefaults.Startup;

StartupFaults.ReportUnhandled();
var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpHygiene();
// Without Redis the gateway still serves, so it does not call itself unready then.
builder.AddRedis(configureSettings: settings => settings.DisableHealthChecks = true);
builder.AddIdentity();
builder.AddRateLimits();
builder.AddHub();
builder.AddApiDocument();
builder.AddGatewayRouting();

var app = builder.Build();
app.UseHttpHygiene();
app.UseApiPage();
app.UseHub();
app.UseIdentity();
app.UseRateLimits();
app.UseAccessRules();
app.MapDefaultEndpoints();
app.MapApiDocument();
app.MapHub();
app.MapGatewayRouting();
await app.RunAsync();
