// Unpacks the Chromium of @sparticuz/chromium into TMPDIR, with the libraries and fonts it needs.
// The package unpacks the libraries only where it finds itself in Lambda.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs24.x";
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
